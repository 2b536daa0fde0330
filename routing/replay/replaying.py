"""Any policy, through the router itself, over recorded outcomes: exact for the prompts that were asked, without a call.

What a policy knows of a row never comes from that row: cards are made of other rows, a trained router is refused the
rows it was fitted on. What its choice scored and cost is what was recorded.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from coreagent.decision import Decision
from coreagent.errors import BudgetExceededError, InputError, NoModelError, UsageError
from coreagent.models.card import ModelCard, Placement
from coreagent.plans import ROLES, RoleName
from coreagent.routing.outcomes import Outcomes
from coreagent.routing.policy import Policy
from coreagent.routing.predictor import Predictor
from coreagent.routing.replay.curves import Floats
from coreagent.routing.replay.expected import Sized, cards_of, filled, means
from coreagent.routing.replay.played import Played, joined
from coreagent.routing.replay.splits import SEED, Split, apart, folds
from coreagent.routing.request import RoutingRequest
from coreagent.routing.router import DEFAULT_POLICY, Router

CHARACTERS_A_TOKEN = 4
ANSWERING: RoleName = "summarizer"
UNKNOWN_TOKENS = 512.0
"""What a model is taken to write where nobody recorded or predicts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """A cascade: a draft whose verdict is below ``accept_at`` (0..1) is written afresh by another model.

    ``tries`` bounds the drafts; ``check_usd`` is the price of one verdict; ``calibrate`` maps a recorded verdict to the
    chance that the draft is right, which is then what is compared. The draft of the best verdict counts, the later of
    equals. A draft without a recorded verdict is accepted.
    """

    accept_at: float
    tries: int = 2
    check_usd: float = 0.0
    calibrate: Callable[[float], float] | None = None


@runtime_checkable
class Fitted(Protocol):
    """Something that knows the fingerprints of the rows it was fitted on."""

    @property
    def fitted_on(self) -> frozenset[str]:
        """Fingerprints of prompts."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """What is replayed.

    ``cards`` are those of the settings; None makes them of the table itself, with the ``placements`` that are known.

    A policy that asks for a verifier's score (``cascade(accept=0.8)``) escalates below it without an ``escalation``.

    ``fitted_on`` adds to what the predictor says of itself.
    """

    name: str
    policy: Policy = DEFAULT_POLICY
    predictor: Predictor | None = None
    cards: Mapping[str, ModelCard] | None = None
    placements: Mapping[str, Placement] = field(default_factory=dict[str, Placement])
    escalation: Escalation | None = None
    fitted_on: frozenset[str] = field(default_factory=frozenset[str])

    def cascade(self) -> Escalation | None:
        """How it escalates: as stated, else from the score on that its policy accepts, else not at all."""
        if self.escalation is None and self.policy.accept is not None:
            return Escalation(accept_at=self.policy.accept)
        return self.escalation

    def rows_fitted_on(self) -> frozenset[str]:
        """Fingerprints of all prompts it must not be measured on."""
        return self.fitted_on | self.predictor.fitted_on if isinstance(self.predictor, Fitted) else self.fitted_on


def replay(outcomes: Outcomes, contestant: Contestant, *, known: Outcomes | None = None) -> Played:
    """Choose for every row.

    ``known`` are other rows, from which costs, sizes and the qualities that nobody predicts are taken; without them
    each half of the table gets those of the other half.

    Raises:
        UsageError: the contestant was fitted on a row of the table (see :func:`..splits.apart`), or has no card of any
            model of the table.
        InputError: a row has a role that is none.
    """
    apart(outcomes, contestant.rows_fitted_on(), what=contestant.name)
    if known is not None:
        return _replayed(outcomes, contestant, known)
    if len(np.unique(outcomes.groups)) < 2:
        played = _replayed(outcomes, contestant, outcomes)
        return replace(
            played, remarks=(*played.remarks, "there is one prompt only, so what is known comes from itself")
        )
    parts = [
        (split.rows, _replayed(outcomes.take(split.rows), contestant, split.fitting or outcomes))
        for split in folds(outcomes, 2)
    ]
    return joined(parts, len(outcomes))


def cross_validated(
    outcomes: Outcomes, fit: Callable[[Outcomes], Contestant], *, count: int = 5, seed: int = SEED
) -> Played:
    """Each row is replayed with what ``fit`` made of the other folds. Rows of one prompt stay in one fold.

    Raises:
        UsageError: as :func:`..splits.folds`; or what was fitted says that it saw a row that is measured.
        Exception: whatever ``fit`` raises.
    """
    return replay_splits(outcomes, folds(outcomes, count, seed=seed), fit)


def replay_splits(outcomes: Outcomes, splits: Sequence[Split], fit: Callable[[Outcomes], Contestant]) -> Played:
    """The same over splits that are given, which together hold each row once. Raises as :func:`cross_validated`."""
    parts: list[tuple[NDArray[np.int64], Played]] = []
    for split in splits:
        fitting = split.fitting or outcomes
        parts.append((split.rows, replay(outcomes.take(split.rows), fit(fitting), known=split.fitting)))
    return joined(parts, len(outcomes))


def _replayed(outcomes: Outcomes, contestant: Contestant, known: Outcomes) -> Played:
    table = _Table(outcomes, contestant, known)
    n, m = outcomes.scores.shape
    calls, answered = np.zeros((n, m)), np.full(n, -1, dtype=np.int64)
    scores, usd, seconds = np.zeros(n), np.zeros(n), np.zeros(n)
    predicted, predicted_usd = np.full((n, m), math.nan), np.full((n, m), math.nan)
    unchecked = 0
    for row in range(n):
        tried = table.tries(row)
        if not tried.columns:
            continue
        columns = list(tried.columns)
        unchecked += tried.unchecked
        np.add.at(calls[row], columns, 1.0)
        answered[row] = tried.answer
        scores[row] = outcomes.scores[row, tried.answer]
        usd[row] = float(outcomes.usd[row, columns].sum(dtype=np.float64)) + tried.check_usd
        seconds[row] = float(outcomes.seconds[row, columns].sum(dtype=np.float64))
        table.note(tried.first, predicted[row], predicted_usd[row])
    remarks = table.remarks
    # A cascade's calls depend on verdicts, so no threshold on predictions stands for it.
    swept = contestant.predictor is not None and contestant.cascade() is None
    if unchecked:
        remarks = (*remarks, f"{unchecked:,} drafts have no recorded verdict and were accepted")
    return Played(
        name=contestant.name,
        scores=scores,
        usd=usd,
        seconds=seconds,
        calls=calls,
        answered_by=answered,
        refused=answered < 0,
        predicted=predicted if swept else None,
        predicted_usd=predicted_usd if swept else None,
        remarks=remarks,
    )


@dataclass(frozen=True, slots=True)
class _Tried:
    """The columns that were called for one row, in order, and the one whose answer counts."""

    columns: tuple[int, ...] = ()
    answer: int = -1
    check_usd: float = 0.0
    unchecked: int = 0
    first: Decision | None = None


class _Table:
    """One contestant before one table: the router, and how each row is put to it."""

    def __init__(self, outcomes: Outcomes, contestant: Contestant, known: Outcomes) -> None:
        self._outcomes, self._escalation = outcomes, contestant.cascade()
        known = known.only(outcomes.models)
        flat = contestant.cards is None
        cards = _placed(cards_of(known), contestant) if contestant.cards is None else filled(contestant.cards, known)
        if not cards:
            raise UsageError(
                f"{contestant.name}: no model of the table has a card",
                mend=f"The table has {', '.join(outcomes.models)}; name the models of the settings the same.",
            )
        sizes = means(known.output_tokens)
        tokens = {
            name: UNKNOWN_TOKENS if math.isnan(size) else float(size)
            for name, size in zip(known.models, sizes, strict=True)
        }
        predictor = contestant.predictor if flat else Sized(cards, tokens, contestant.predictor)
        self._predicted_by = predictor.name if predictor else ""
        self._router = Router(cards, contestant.policy, predictor=predictor)
        self._columns = {name: column for column, name in enumerate(outcomes.models)}
        self._flat = flat
        self._most_tokens = max(card.max_output_tokens for card in cards.values())
        self._price_required = any(card.price.known for card in cards.values())
        self.remarks = _strangers(outcomes, contestant)

    def tries(self, row: int) -> _Tried:
        """Which models were called for the row."""
        request = self._request(row)
        first = self._decide(request)
        if first is None:
            return _Tried()
        column = self._columns[first.model]
        if self._escalation is None:
            return _Tried((column,), column, first=first)
        return self._cascade(row, request, first, self._escalation)

    def _cascade(self, row: int, request: RoutingRequest, first: Decision, escalation: Escalation) -> _Tried:
        columns: list[int] = []
        best, answer, unchecked = -math.inf, -1, 0
        decision: Decision | None = first
        while decision is not None:
            columns.append(self._columns[decision.model])
            verdict = float(self._outcomes.verdicts[row, columns[-1]])
            if math.isnan(verdict):
                answer, unchecked = columns[-1], 1
                break
            chance = escalation.calibrate(verdict) if escalation.calibrate else verdict
            if chance >= best:
                best, answer = chance, columns[-1]
            if chance >= escalation.accept_at or len(columns) >= escalation.tries:
                break
            tried = frozenset(self._outcomes.models[column] for column in columns[:-1])
            decision = self._decide(replace(request, escalated_from=decision.model, tried=tried))
        return _Tried(tuple(columns), answer, escalation.check_usd * (len(columns) - unchecked), unchecked, first)

    def _decide(self, request: RoutingRequest) -> Decision | None:
        try:
            return self._router.decide(request)
        except (NoModelError, BudgetExceededError):
            return None

    def _request(self, row: int) -> RoutingRequest:
        outcomes = self._outcomes
        prompt = outcomes.prompts[row]
        sent = outcomes.input_tokens[row]
        known = sent[~np.isnan(sent)]
        return RoutingRequest(
            subtask=outcomes.ids[row],
            role=_role(outcomes.roles[row]),
            text=prompt,
            domain=outcomes.domains[row],
            input_tokens=round(float(known.max())) if len(known) else -(-len(prompt) // CHARACTERS_A_TOKEN),
            output_tokens=1 if self._flat else self._most_tokens,
            price_required=self._price_required,
            retrieval=outcomes.retrieval[row] if outcomes.retrieval else None,
        )

    def note(self, decision: Decision | None, quality: Floats, usd: Floats) -> None:
        """Write what was predicted of each model, (m,), where the predictor spoke."""
        for entry in decision.candidates if decision else ():
            if entry.quality is not None and entry.quality_by == self._predicted_by:
                quality[self._columns[entry.model]] = entry.quality
                usd[self._columns[entry.model]] = entry.cost_usd


def _placed(cards: Mapping[str, ModelCard], contestant: Contestant) -> dict[str, ModelCard]:
    places = contestant.placements
    return {name: replace(card, placement=places.get(name, card.placement)) for name, card in cards.items()}


def _role(name: str) -> RoleName:
    for role in ROLES:
        if name == role:
            return role
    if name:
        raise InputError(f"{name!r} is no role", mend=f"Roles are {', '.join(ROLES)}, or empty.")
    return ANSWERING


def _strangers(outcomes: Outcomes, contestant: Contestant) -> tuple[str, ...]:
    """What can not be chosen, in words."""
    if contestant.cards is None:
        return ()
    unasked = sorted(set(outcomes.models) - set(contestant.cards))
    unknown = sorted(set(contestant.cards) - set(outcomes.models))
    return (
        *((f"{', '.join(unasked)}: no card in the settings, never chosen",) if unasked else ()),
        *((f"{', '.join(unknown)}: nothing recorded, left out",) if unknown else ()),
    )
