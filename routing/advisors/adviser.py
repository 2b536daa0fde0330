"""The seam of advisers, and how they reach the model or service they ask."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from coreagent.labels import Sensitivity
from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatRequest, Completion
from coreagent.routing.request import Advice, RoutingRequest

T = TypeVar("T")


class Asking(Protocol):
    """An adviser's only way out: every call is cleared for the label of the data, booked, traced and shown."""

    async def model(self, name: str, request: ChatRequest) -> Completion:
        """One call of a model of the settings.

        Raises:
            UnknownNameError: there is no such model.
            ClearanceError: the data may not go there.
            BudgetExceededError: it does not fit, or would leave too little for the call that is advised.
            ModelError: the model failed.
        """
        ...

    async def service(self, name: str, call: Callable[[], Awaitable[T]], *, usd: float = 0.0) -> T:
        """One call of anything else, booked at ``usd`` dollars. Raises as :meth:`model`, and what ``call`` raises."""
        ...


class Adviser(Protocol):
    """Says which of several models should do a call. What it raises costs the advice, never the run."""

    @property
    def name(self) -> str:
        """As a Decision names it."""
        ...

    def may_see(self, sensitivity: Sensitivity) -> bool:
        """True when text of this sensitivity may be given to everything the adviser asks."""
        ...

    async def advise(self, request: RoutingRequest, cards: Sequence[ModelCard], ask: Asking) -> Advice:
        """Preferences among ``cards``, which are the two or more models that may do the call.

        Raises:
            CoreAgentError: a model or service failed, or the budget did.
        """
        ...

    async def close(self) -> None:
        """Give connections back. Safe to call twice."""
        ...
