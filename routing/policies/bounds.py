"""Policies that narrow: what a call may cost and take, and where it had better stay."""

from dataclasses import replace

from coreagent.decision import Candidate
from coreagent.errors import NoModelError, UsageError
from coreagent.routing.policies.amounts import AMOUNTS, UNITS
from coreagent.routing.policies.arguments import check, literal, written
from coreagent.routing.policy import Choice, Chooser, Field, Policy


def within(*, usd: float | None = None, seconds: float | None = None, wh: float | None = None) -> Policy:
    """Only models predicted to stay within these bounds a call: dollars, seconds, watt-hours.

    A model whose price, seconds or watt-hours nobody knows stays out where they are bounded.

    Raises:
        UsageError: no bound is given, or one is negative.
        NoModelError: (when it decides) the bounds leave nobody; ``mend`` names the nearest bounds that would.
    """
    check("within", usd=usd, seconds=seconds, wh=wh)
    bounds = [(name, bound) for name, bound in (("usd", usd), ("seconds", seconds), ("wh", wh)) if bound is not None]
    if not bounds:
        raise UsageError("within() bounds nothing", mend="Give usd=, seconds= or wh=: within(usd=0.01).")
    named = written("within", usd=usd, seconds=seconds, wh=wh)

    def over(there: Field, candidate: Candidate) -> str:
        for name, bound in bounds:
            value = AMOUNTS[name](there, candidate)
            if value is None:
                return f"{UNITS[name]} of a call unknown, at most {bound:g} asked for"
            if value > bound + 1e-12:
                return f"predicted {value:.4g} {UNITS[name]} a call, at most {bound:g} asked for"
        return ""

    def decide(there: Field, rest: Chooser) -> Choice | None:
        out = {entry.model: why for entry in there.candidates if (why := over(there, entry))}
        if not out:
            return rest(there)
        left = there.only(lambda entry: entry.model not in out)
        if there.candidates and not left.candidates:
            raise NoModelError(
                f"{named} leaves no model for the {there.request.role} call of subtask {there.request.subtask!r}: "
                + "; ".join(f"{model}: {why}" for model, why in sorted(out.items())),
                excluded=out,
                mend=_nearest(there, bounds),
            )
        choice = rest(left)
        return None if choice is None else replace(choice, excluded={**choice.excluded, **out})

    return Policy(named, decide)


def _nearest(there: Field, bounds: list[tuple[str, float]]) -> str:
    """The bounds that one model would fit, widened by the smallest factor."""

    def wanted(candidate: Candidate) -> list[tuple[str, float]] | None:
        values = [(name, AMOUNTS[name](there, candidate), bound) for name, bound in bounds]
        if any(value is None for _, value, _ in values):
            return None
        return [(name, max(value or 0.0, bound)) for name, value, bound in values]

    def factor(needed: list[tuple[str, float]]) -> float:
        return max(
            (value / bound if bound else float("inf"))
            for (_, value), (_, bound) in zip(needed, bounds, strict=True)
            if value > bound
        )

    possible = [(needed, entry.model) for entry in there.candidates if (needed := wanted(entry)) is not None]
    if not possible:
        return "State the price, the latency (ttft_s, tpot_s) or the energy of the models, or leave that bound out."
    needed, model = min(possible, key=lambda pair: (factor(pair[0]), pair[1]))
    return (
        f"The nearest that leaves one: within({', '.join(f'{n}={_rounded_up(v)}' for n, v in needed)}) allows {model}."
    )


def _rounded_up(value: float) -> str:
    """Short, and never below the value: a bound rounded down would let nobody in."""
    short = float(f"{value:.3g}")
    return literal(short if short >= value else float(f"{value * 1.01:.3g}"))


def prefer_local() -> Policy:
    """Models of this device or site first; the others only where what follows finds none good enough among them."""

    def decide(there: Field, rest: Chooser) -> Choice | None:
        cloud = there.only(lambda entry: there.card(entry).placement == "cloud")
        local = there.only(lambda entry: there.card(entry).placement != "cloud")
        if not local.candidates or not cloud.candidates:
            return rest(there)
        choice = _if_any(rest, local)
        if choice is None or not choice.met:
            return rest(there)
        order, excluded = choice.order, choice.excluded
        others = _if_any(rest, cloud)
        if others is not None:
            order, excluded = (*order, *others.order), {**others.excluded, **excluded}
        return replace(choice, order=order, excluded=excluded, reason=f"{choice.reason}, local preferred")

    return Policy("prefer_local()", decide)


def _if_any(rest: Chooser, there: Field) -> Choice | None:
    """What the rest chooses; None too where its bounds leave nobody."""
    try:
        return rest(there)
    except NoModelError:
        return None
