"""The trade: quality against dollars, seconds, watt-hours and staying on site, at stated rates."""

from dataclasses import dataclass

from coreagent.decision import Candidate
from coreagent.errors import UsageError
from coreagent.routing.policies.amounts import AMOUNTS, UNITS
from coreagent.routing.policies.arguments import check, check_positive, written
from coreagent.routing.policies.ordering import quality_of
from coreagent.routing.policy import Choice, Chooser, Field, Policy

POINT = 0.01
"""One point of quality."""


@dataclass(frozen=True, slots=True)
class _Ranked:
    """Candidates, the best trade first: what each is worth in quality after its price, and what it takes by rate."""

    candidates: list[Candidate]
    values: list[float]
    amounts: dict[str, list[float | None]]


def trade(
    *, usd: float | None = None, seconds: float | None = None, wh: float | None = None, local: float = 0.0
) -> Policy:
    """The model with the most quality left after its price, at the rates given: a Lagrangian choice.

    One point of quality (0.01) is worth ``usd`` dollars, ``seconds`` seconds and ``wh`` watt-hours a call. ``local`` is
    a bonus in quality (0..1) for models that are not in the cloud. With no rate it is the best predicted model. An
    amount nobody knows counts as the largest known among the candidates, with a note. Ties go to the higher quality,
    then to the name.

    Raises:
        UsageError: a rate that is not positive, or a bonus outside 0..1.
    """
    check_positive("trade", usd=usd, seconds=seconds, wh=wh)
    check("trade", local=local, most=1.0)
    rates = {name: rate for name, rate in (("usd", usd), ("seconds", seconds), ("wh", wh)) if rate is not None}
    if not rates and not local:
        raise UsageError("trade() trades nothing", mend="Give usd=, seconds=, wh= or local=: trade(usd=0.001).")
    named = _rates(rates, local)

    def decide(there: Field, rest: Chooser) -> Choice | None:
        if not there.candidates:
            return rest(there)
        ranked = _ranked(there, rates, local)
        return Choice(
            tuple([entry.model for entry in ranked.candidates]),
            f"best trade ({named}): {_compared(ranked)}",
            by="trade",
            notes=_notes(ranked),
        )

    return Policy(written("trade", usd=usd, seconds=seconds, wh=wh, local=local or None), decide)


def _ranked(there: Field, rates: dict[str, float], local: float) -> _Ranked:
    entries = there.candidates
    qualities = values = [quality_of(entry) for entry in entries]
    if local:
        bonuses = [0.0 if there.card(entry).placement == "cloud" else local for entry in entries]
        values = [value + bonus for value, bonus in zip(values, bonuses, strict=True)]
    amounts = {name: [AMOUNTS[name](there, entry) for entry in entries] for name in rates}
    for name, rate in rates.items():
        most = max((amount for amount in amounts[name] if amount is not None), default=0.0)
        values = [
            value - POINT * (most if amount is None else amount) / rate
            for value, amount in zip(values, amounts[name], strict=True)
        ]
    keys = [(-values[place], -qualities[place], entry.model) for place, entry in enumerate(entries)]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return _Ranked(
        [entries[place] for place in order],
        [values[place] for place in order],
        {name: [taken[place] for place in order] for name, taken in amounts.items()},
    )


def _rates(rates: dict[str, float], local: float) -> str:
    terms = [f"{rate:g} {UNITS[name]}" for name, rate in rates.items()]
    price = f"a point of quality for {' or '.join(terms)}" if terms else ""
    bonus = f"{local / POINT:g} points for staying local" if local else ""
    return ", ".join(part for part in (price, bonus) if part)


def _compared(ranked: _Ranked) -> str:
    """The first, and the second behind it."""
    if len(ranked.candidates) == 1:
        return _terms(ranked, 0)
    behind = (ranked.values[0] - ranked.values[1]) / POINT
    return f"{_terms(ranked, 0)}; {ranked.candidates[1].model} is {behind:.2g} points behind: {_terms(ranked, 1)}"


def _terms(ranked: _Ranked, place: int) -> str:
    shown = [f"quality {quality_of(ranked.candidates[place]):.2f}"]
    for name, amounts in ranked.amounts.items():
        amount = amounts[place]
        shown.append(f"unknown {UNITS[name]}" if amount is None else f"{amount:.3g} {UNITS[name]}")
    return ", ".join(shown)


def _notes(ranked: _Ranked) -> tuple[str, ...]:
    missing: dict[str, list[str]] = {}
    for place, entry in enumerate(ranked.candidates):
        for name, amounts in ranked.amounts.items():
            if amounts[place] is None:
                missing.setdefault(name, []).append(entry.model)
    return tuple(
        f"{UNITS[name]} of {', '.join(models)} unknown: taken as the most of the others"
        for name, models in missing.items()
    )
