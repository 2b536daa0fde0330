"""The advice of a model that was asked which model should do the call, taken as far as it can be."""

import math

from coreagent.routing.policies.arguments import written
from coreagent.routing.policies.notes import passed_on
from coreagent.routing.policies.ordering import first_then
from coreagent.routing.policy import Choice, Chooser, Field, Policy
from coreagent.routing.request import Advice

MAX_NAMED = 3
"""Unknown names of an adviser that a note lists before it only counts them."""


def advised(*, default: str = "") -> Policy:
    """The eligible model that the request's adviser prefers; the next ones in its order are the fallbacks.

    Names that are not eligible are passed over, unknown ones noted. Where there is no usable advice ``default`` does
    the call if it is eligible, else the next policy decides; a note says so and why.
    """

    def decide(there: Field, rest: Chooser) -> Choice | None:
        if not there.candidates:
            return rest(there)
        advice = there.request.advice
        scores = _usable(there, advice)
        if advice is not None and scores:
            order = sorted(scores, key=lambda model: (-scores[model], model))
            left = [model for model in first_then(there, order[0]) if model not in scores]
            return Choice((*order, *left), _reason(advice, order, scores), by="advised", notes=_unknown(there, advice))
        if advice is None and len(there.candidates) == 1:
            return rest(there)
        why = _why_not(advice)
        if any(entry.model == default for entry in there.candidates):
            notes = (f"{why}; the default {default} does it", *_unknown(there, advice))
            return Choice(first_then(there, default), "default of the adviser", by="advised", notes=notes)
        return passed_on(there, rest, f"{why}; the next policy decided", *_unknown(there, advice))

    return Policy(written("advised", default=default or None), decide)


def _usable(there: Field, advice: Advice | None) -> dict[str, float]:
    if advice is None or advice.problem:
        return {}
    names = {entry.model for entry in there.candidates}
    return {model: score for model, score in advice.scores.items() if model in names and math.isfinite(score)}


def _reason(advice: Advice, order: list[str], scores: dict[str, float]) -> str:
    reason = f"{advice.by} prefers it"
    if len(order) == 1:
        return reason
    return f"{reason} ({scores[order[0]]:.3g} against {scores[order[1]]:.3g} for {order[1]})"


def _why_not(advice: Advice | None) -> str:
    if advice is None:
        return "no adviser was asked"
    if advice.problem:
        return f"{advice.by} failed: {advice.problem}"
    return f"{advice.by} named no model that can do the call"


def _unknown(there: Field, advice: Advice | None) -> tuple[str, ...]:
    names = sorted(set(advice.scores) - set(there.cards)) if advice is not None else []
    if not names or advice is None:
        return ()
    shown = ", ".join(repr(name[:80]) for name in names[:MAX_NAMED])
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return (f"{advice.by} named models that do not exist: {shown}{more}",)
