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
class _Worth:
    """What a candidate is worth in quality, after its price."""

    candidate: Candidate
    value: float
    unknown: tuple[str, ...]


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

    def decide(there: Field, rest: Chooser) -> Choice | None:
        if not there.candidates:
            return rest(there)
        ranked = _ranked(there, rates, local)
        return Choice(
            tuple(worth.candidate.model for worth in ranked),
            _reason(there, ranked, rates, local),
            by="trade",
            notes=_notes(ranked),
        )

    return Policy(written("trade", usd=usd, seconds=seconds, wh=wh, local=local or None), decide)


def _ranked(there: Field, rates: dict[str, float], local: float) -> list[_Worth]:
    amounts = {name: [AMOUNTS[name](there, entry) for entry in there.candidates] for name in rates}
    most = {
        name: max((value for value in values if value is not None), default=0.0) for name, values in amounts.items()
    }
    worths: list[_Worth] = []
    for place, entry in enumerate(there.candidates):
        value = quality_of(entry) + (local if there.card(entry).placement != "cloud" else 0.0)
        unknown: list[str] = []
        for name, rate in rates.items():
            amount = amounts[name][place]
            if amount is None:
                unknown.append(name)
                amount = most[name]
            value -= POINT * amount / rate
        worths.append(_Worth(entry, value, tuple(unknown)))
    return sorted(worths, key=lambda worth: (-worth.value, -quality_of(worth.candidate), worth.candidate.model))


def _reason(there: Field, ranked: list[_Worth], rates: dict[str, float], local: float) -> str:
    terms = [f"{rate:g} {UNITS[name]}" for name, rate in rates.items()]
    price = f"a point of quality for {' or '.join(terms)}" if terms else ""
    bonus = f"{local / POINT:g} points for staying local" if local else ""
    reason = f"best trade ({', '.join(part for part in (price, bonus) if part)}): {_terms(there, ranked[0], rates)}"
    if len(ranked) == 1:
        return reason
    behind = (ranked[0].value - ranked[1].value) / POINT
    runner = ranked[1].candidate.model
    return f"{reason}; {runner} is {behind:.2g} points behind: {_terms(there, ranked[1], rates)}"


def _terms(there: Field, worth: _Worth, rates: dict[str, float]) -> str:
    shown = [f"quality {quality_of(worth.candidate):.2f}"]
    for name in rates:
        amount = AMOUNTS[name](there, worth.candidate)
        shown.append(f"unknown {UNITS[name]}" if amount is None else f"{amount:.3g} {UNITS[name]}")
    return ", ".join(shown)


def _notes(ranked: list[_Worth]) -> tuple[str, ...]:
    missing: dict[str, list[str]] = {}
    for worth in ranked:
        for name in worth.unknown:
            missing.setdefault(name, []).append(worth.candidate.model)
    return tuple(
        f"{UNITS[name]} of {', '.join(models)} unknown: taken as the most of the others"
        for name, models in missing.items()
    )
