"""Policies that narrow: what a call may cost and take, and where it had better stay."""

from collections.abc import Callable
from dataclasses import replace

from coreagent.decision import Candidate
from coreagent.errors import NoModelError
from coreagent.routing.policy import Choice, Chooser, Field, Policy


def within(*, usd: float | None = None, seconds: float | None = None, wh: float | None = None) -> Policy:
    """Only models predicted to stay within these bounds a call: dollars, seconds, watt-hours.

    A model whose seconds or watt-hours nobody knows stays out where they are bounded.

    Raises (when it decides):
        NoModelError: the bounds leave nobody; ``mend`` names the nearest bounds that would.
    """
    bounds = [(name, bound) for name, bound in (("usd", usd), ("seconds", seconds), ("wh", wh)) if bound is not None]
    named = f"within({', '.join(f'{name}={bound:g}' for name, bound in bounds)})"

    def over(candidate: Candidate) -> str:
        for name, bound in bounds:
            value = _AMOUNTS[name](candidate)
            if value is None:
                return f"{_UNITS[name]} of a call unknown, at most {bound:g} are asked for"
            if value > bound + 1e-12:
                return f"predicted {_UNITS[name]} {value:.4g} a call, at most {bound:g} asked for"
        return ""

    def decide(there: Field, rest: Chooser) -> Choice | None:
        out = {entry.model: why for entry in there.candidates if (why := over(entry))}
        left = there.only(lambda entry: entry.model not in out)
        if there.candidates and not left.candidates:
            raise NoModelError(
                f"{named} leaves no model for the {there.request.role} call of subtask {there.request.subtask!r}: "
                + "; ".join(f"{model}: {why}" for model, why in sorted(out.items())),
                excluded=out,
                mend=_nearest(there.candidates, bounds),
            )
        choice = rest(left)
        return None if choice is None else replace(choice, excluded={**choice.excluded, **out})

    return Policy(named, decide)


_AMOUNTS: dict[str, Callable[[Candidate], float | None]] = {
    "usd": lambda candidate: candidate.cost_usd,
    "seconds": lambda candidate: candidate.latency_s,
    "wh": lambda candidate: candidate.energy_wh,
}
_UNITS = {"usd": "dollars", "seconds": "seconds", "wh": "watt-hours"}


def _nearest(candidates: tuple[Candidate, ...], bounds: list[tuple[str, float]]) -> str:
    """The bounds that one model would fit, widened by the smallest factor."""

    def wanted(candidate: Candidate) -> list[tuple[str, float]] | None:
        values = [(name, _AMOUNTS[name](candidate), bound) for name, bound in bounds]
        if any(value is None for _, value, _ in values):
            return None
        return [(name, max(value or 0.0, bound)) for name, value, bound in values]

    def factor(needed: list[tuple[str, float]]) -> float:
        return max(
            (value / bound if bound else float("inf"))
            for (_, value), (_, bound) in zip(needed, bounds, strict=True)
            if value > bound
        )

    possible = [(needed, entry.model) for entry in candidates if (needed := wanted(entry)) is not None]
    if not possible:
        return "State the latency (ttft_s, tpot_s) or the energy of the models, or leave that bound out."
    needed, model = min(possible, key=lambda pair: (factor(pair[0]), pair[1]))
    return f"The nearest that leaves one: within({', '.join(f'{n}={v:.4g}' for n, v in needed)}) allows {model}."


def prefer_local() -> Policy:
    """Models of this device or site first; the others only where what follows finds none good enough among them."""

    def decide(there: Field, rest: Chooser) -> Choice | None:
        local = there.only(lambda entry: there.card(entry).placement != "cloud")
        if not local.candidates or len(local.candidates) == len(there.candidates):
            return rest(there)
        try:
            choice = rest(local)
        except NoModelError:
            choice = None
        if choice is None or not choice.met:
            return rest(there)
        others = rest(there.only(lambda entry: there.card(entry).placement == "cloud"))
        order = (*choice.order, *(others.order if others else ()))
        return replace(choice, order=order, reason=f"{choice.reason}, local preferred")

    return Policy("prefer_local()", decide)
