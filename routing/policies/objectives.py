"""Objective flags: small, recent, secure, terse, readable or frugal models, each wished for with a weight.

The rule of Tryage (Hari and Thomson, 2023): the model with the least predicted loss plus weighted costs.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from coreagent.decision import Candidate
from coreagent.errors import UnknownNameError
from coreagent.models.card import ModelCard
from coreagent.plans import ROLES
from coreagent.routing.policies.arguments import check, written
from coreagent.routing.policies.flags import FLAGS, MAX_WEIGHT
from coreagent.routing.policies.notes import passed_on
from coreagent.routing.policies.ordering import quality_of
from coreagent.routing.policy import Choice, Chooser, Field, Policy
from coreagent.routing.request import RoutingRequest

MIDDLE = 0.5
"""The cost of a model of which nobody knows it."""

_PLACEMENT = {"device": 0.0, "site": 0.5, "cloud": 1.0}


def objectives(**weights: float) -> Policy:
    """The model with the least ``(1 - quality) + sum of weight x cost`` over the flags; costs are in 0..1.

    ``weights`` are defaults by flag (:data:`FLAGS`, 0..10); those of the request replace them. With neither, the next
    policy decides. Costs are relative to the candidates at hand: the largest has size 1, the newest recency 0, the one
    that takes most watt-hours energy 1. Security is the mean of placement (device 0, site 0.5, cloud 1) and clearance
    (confidential 0, internal 0.5, public 1). Verbosity and readability are traits of the card. What nobody knows costs
    0.5, with a note. Ties go to the cheaper model, then to the name.

    Raises:
        UnknownNameError: a flag that does not exist.
        UsageError: a weight outside 0..10.
    """
    for flag in weights:
        if flag not in FLAGS:
            raise UnknownNameError("flag", flag, FLAGS)
    check("objectives", most=MAX_WEIGHT, **weights)

    def decide(there: Field, rest: Chooser) -> Choice | None:
        asked = {**weights, **{flag: weight for flag, weight in there.request.flags.items() if flag in FLAGS}}
        if not asked or not there.candidates:
            return passed_on(there, rest)
        return _choice(there, asked)

    return Policy(written("objectives", **weights), decide)


def totals(
    losses: Sequence[float], costs: Mapping[str, Sequence[float]], weights: Mapping[str, float]
) -> tuple[float, ...]:
    """``loss_i + sum_j weight_j x cost_j,i`` for each model; the least is chosen."""
    return tuple(
        loss + sum(weight * costs[flag][place] for flag, weight in weights.items()) for place, loss in enumerate(losses)
    )


def flag_costs(flag: str, cards: Mapping[str, ModelCard]) -> tuple[float | None, ...]:
    """What this flag costs of each model in 0..1, from the cards alone; None where nobody knows.

    Energy is that of as many tokens in as out.

    Raises:
        UnknownNameError: a flag that does not exist.
    """
    if flag not in FLAGS:
        raise UnknownNameError("flag", flag, FLAGS)
    entries = tuple(
        Candidate(model=name, energy_wh=card.energy.wh(1_000_000, 1_000_000) if card.energy else None)
        for name, card in cards.items()
    )
    return tuple(_COSTS[flag](Field(RoutingRequest(subtask="", role=ROLES[0]), entries, cards)))


def _choice(there: Field, weights: Mapping[str, float]) -> Choice:
    entries = there.candidates
    known = {flag: _COSTS[flag](there) for flag in weights}
    costs = {flag: [MIDDLE if cost is None else cost for cost in row] for flag, row in known.items()}
    sums = totals([1 - quality_of(entry) for entry in entries], costs, weights)
    ranked = sorted(range(len(entries)), key=lambda at: (sums[at], entries[at].cost_usd, entries[at].model))
    first = ranked[0]
    parts = [f"loss {1 - quality_of(entries[first]):.2f}"]
    parts += [f"{weight:g} x {flag} {costs[flag][first]:.2f}" for flag, weight in weights.items()]
    reason = f"least loss and cost: {' + '.join(parts)} = {sums[first]:.3f}"
    if len(ranked) > 1:
        reason += f"; {entries[ranked[1]].model} has {sums[ranked[1]]:.3f}"
    notes = tuple(
        f"{flag} of {', '.join(missing)} unknown: taken as {MIDDLE}"
        for flag, row in known.items()
        if weights[flag]
        and (missing := [entry.model for entry, cost in zip(entries, row, strict=True) if cost is None])
    )
    return Choice(tuple(entries[at].model for at in ranked), reason, by="objectives", notes=notes)


Costs = list[float | None]
"""Of the candidates in their order, each in 0..1; None where nobody knows."""


def _size(there: Field) -> Costs:
    return _share_of_most([there.card(entry).params_b for entry in there.candidates])


def _energy(there: Field) -> Costs:
    return _share_of_most([entry.energy_wh for entry in there.candidates])


def _share_of_most(amounts: Sequence[float | None]) -> Costs:
    most = max((amount for amount in amounts if amount is not None), default=0.0)
    return [None if amount is None else (amount / most if most else 0.0) for amount in amounts]


def _recency(there: Field) -> Costs:
    days = [_day(there.card(entry)) for entry in there.candidates]
    known = [day for day in days if day is not None]
    newest, oldest = max(known, default=0), min(known, default=0)
    span = max(newest - oldest, 1)
    return [None if day is None else (newest - day) / span for day in days]


def _day(card: ModelCard) -> int | None:
    """The day a model came out; ``2024`` and ``2024-07`` mean their beginnings."""
    if not card.released:
        return None
    try:
        return date.fromisoformat(f"{card.released}-01-01"[:10]).toordinal()
    except ValueError:
        return None


def _security(there: Field) -> Costs:
    def cost(entry: Candidate) -> float:
        card = there.card(entry)
        return (_PLACEMENT[card.placement] + 1 - card.clearance / 2) / 2

    return [cost(entry) for entry in there.candidates]


def _trait(flag: str) -> Callable[[Field], Costs]:
    """A cost that only the card can tell."""

    def costs(there: Field) -> Costs:
        traits = [there.card(entry).traits.get(flag) for entry in there.candidates]
        return [None if trait is None else min(max(trait, 0.0), 1.0) for trait in traits]

    return costs


_COSTS: Mapping[str, Callable[[Field], Costs]] = {
    "size": _size,
    "recency": _recency,
    "security": _security,
    "verbosity": _trait("verbosity"),
    "readability": _trait("readability"),
    "energy": _energy,
}
