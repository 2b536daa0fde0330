"""The seam of policies: small values that narrow a field of candidates or choose from it, and combine with ``|``.

``within(usd=0.01) | prefer_local() | cheapest_above(quality=0.7)`` reads from left to right: each policy gets the
candidates its forerunners left, and what comes after it. One that narrows hands on fewer; one that chooses ends
the line; one that has no say hands on what it got. The policies themselves are in :mod:`coreagent.routing.policies`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from coreagent.decision import Candidate
from coreagent.models.card import ModelCard
from coreagent.routing.request import RoutingRequest


@dataclass(frozen=True, slots=True)
class Field:
    """One call, and the candidates that may do it, with the cards of all models.

    ``failed`` is the model that the request escalates from, as it was predicted for this call; None without one.
    """

    request: RoutingRequest
    candidates: tuple[Candidate, ...]
    cards: Mapping[str, ModelCard]
    failed: Candidate | None = None

    def only(self, keep: Callable[[Candidate], bool]) -> "Field":
        """The same call with fewer candidates."""
        return Field(self.request, tuple(filter(keep, self.candidates)), self.cards, self.failed)

    def card(self, candidate: Candidate) -> ModelCard:
        """What is known of a candidate."""
        return self.cards[candidate.model]


@dataclass(frozen=True, slots=True)
class Choice:
    """Models in the order they should be tried, and the reason for the first.

    ``threshold`` is the bound that decided, if one did, and ``met`` is False when no candidate met it. ``by`` names
    the policy that chose. ``excluded`` adds reasons for candidates that policies left out; ``notes``, ``probability``
    and ``conduct`` go into the :class:`coreagent.decision.Decision`.
    """

    order: tuple[str, ...]
    reason: str
    threshold: float | None = None
    by: str = ""
    met: bool = True
    excluded: Mapping[str, str] = field(default_factory=dict[str, str])
    notes: tuple[str, ...] = ()
    probability: float | None = None
    conduct: str = ""


Chooser = Callable[[Field], Choice | None]
"""Chooses from a field; None: it has no say, or the field is empty."""


def nothing(there: Field) -> Choice | None:
    """The end of the line: no say."""
    del there
    return None


class Remembers(Protocol):
    """What a policy that learns keeps its verdicts in."""

    def learn(self, role: str, domain: str, model: str, quality: float) -> None:
        """One result of ``model``, worth ``quality`` in 0..1."""
        ...


@dataclass(frozen=True, slots=True)
class Policy:
    """A named way to choose. ``decide`` gets the eligible candidates only, and the policies that come after it.

    ``name`` is how the policy is written, so that :func:`coreagent.routing.policies.parse_policy` reads it back.
    ``accept`` is what a cascade asks of a verifier's score in 0..1 before an answer stands; None: it does not say.
    ``learns`` is to hear every verdict, for a policy that learns as it runs.
    """

    name: str
    decide: Callable[[Field, Chooser], Choice | None]
    accept: float | None = None
    learns: Remembers | None = None

    def __or__(self, other: "Policy") -> "Policy":
        """This policy, and ``other`` after it."""

        def both(there: Field, rest: Chooser) -> Choice | None:
            return self.decide(there, lambda left: other.decide(left, rest))

        accept = other.accept if self.accept is None else self.accept
        return Policy(f"{self.name} | {other.name}", both, accept, self.learns or other.learns)

    def choose(self, there: Field) -> Choice | None:
        """The choice of this policy alone."""
        return self.decide(there, nothing)
