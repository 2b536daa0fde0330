"""An adviser's turn before a decision: whether it is asked at all, what it may spend, and what its failure costs."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from coreagent.budget import UNLIMITED, Ledger, Spent
from coreagent.errors import (
    BudgetExceededError,
    ClearanceError,
    CoreAgentError,
    ModelTimeoutError,
    ModelUnreachableError,
)
from coreagent.events import ADVICE, Event, ModelFinished
from coreagent.graphs.prompting import Prompting
from coreagent.messages import Usage
from coreagent.models.budgeted import Budgeted
from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatModel, ChatRequest, Completion
from coreagent.models.dispatch.health import Health
from coreagent.models.registry import ModelRegistry
from coreagent.models.traced import Traced
from coreagent.routing.advisors.adviser import Adviser
from coreagent.routing.eligibility import candidate, exclusion, most_written
from coreagent.routing.request import Advice, RoutingRequest
from coreagent.telemetry import Telemetry

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Advising:
    """One adviser, the models it may speak of, and the ledger of the run that asks.

    An adviser that failed is left alone for a while, as a model is: else each call of a run would wait for it.
    """

    adviser: Adviser
    cards: Mapping[str, ModelCard]
    registry: ModelRegistry
    telemetry: Telemetry
    health: Health
    ledger: Ledger
    emit: Callable[[Event], None]
    timeout_s: float
    prompts: bool = False

    async def advised(self, request: RoutingRequest) -> RoutingRequest:
        """The request with its advice, or as it was where there is nothing to advise on."""
        eligible = self._eligible(replace(request, avoid=self.health.avoided())) or self._eligible(request)
        if len(eligible) < 2:
            return request
        if not self.adviser.may_see(request.label.sensitivity):
            return replace(request, advice=self._failed(f"not cleared for {request.label.sensitivity} data"))
        return replace(request, advice=await self._ask(request, eligible))

    def _eligible(self, request: RoutingRequest) -> list[ModelCard]:
        return [card for card in self.cards.values() if not exclusion(card, request)]

    async def _ask(self, request: RoutingRequest, eligible: list[ModelCard]) -> Advice:
        breaker = self.health.breaker(f"adviser {self.adviser.name}")
        if not breaker.admits:
            return self._failed(f"it failed a moment ago; next try in {breaker.wait_s:.0f} s")
        cheapest = min((candidate(card, request, excluded="") for card in eligible), key=lambda entry: entry.most_usd)
        tokens = request.input_tokens + most_written(self.cards[cheapest.model], request)
        try:
            # While the adviser is asked the call itself keeps its place in the budget.
            held = self.ledger.reserve(Spent(cheapest.most_usd, Usage(tokens, 0, 1)))
        except BudgetExceededError as error:
            return self._failed(f"no budget for advice: {error}")
        ticket = breaker.enter()
        # What a run that is cancelled meanwhile leaves: nothing was found out.
        failure: BaseException | None = asyncio.CancelledError()
        try:
            async with asyncio.timeout(self.timeout_s):
                advice = await self.adviser.advise(request, eligible, _Booked(self, request))
            failure = None
            return advice
        except TimeoutError:
            late = failure = ModelTimeoutError("advice", self.timeout_s)
            return self._failed(late.message)
        except CoreAgentError as error:
            failure = error
            return self._failed(str(error))
        except Exception as error:  # noqa: BLE001  (an adviser may be anybody's code, and never ends a run)
            return self._failed(f"it raised {type(error).__name__}: {error}")
        finally:
            breaker.left(ticket, failure)
            held.release()

    def _failed(self, problem: str) -> Advice:
        return Advice(by=self.adviser.name, problem=problem.removeprefix(f"{self.adviser.name}: "))


@dataclass(frozen=True, slots=True)
class _Booked:
    """What an adviser asks through for one request: see :class:`coreagent.routing.advisors.adviser.Asking`."""

    advising: Advising
    request: RoutingRequest

    async def model(self, name: str, request: ChatRequest) -> Completion:
        """One call of a model of the settings. No retries: advice is worth less than the wait."""
        card = self.advising.registry.card(name)
        sensitivity = self.request.label.sensitivity
        if not card.may_see(sensitivity):
            raise ClearanceError(f"{name} is not cleared for {sensitivity} data")
        inner: ChatModel = Traced(self.advising.registry.get(name), self.advising.telemetry)
        if self.advising.prompts:
            subtask, role = f"{ADVICE}{self.request.subtask}", self.request.role
            inner = Prompting(inner, subtask=subtask, role=role, emit=self.advising.emit)

        async def call(scope: Ledger) -> Completion:
            return await Budgeted(inner, scope).complete(request)

        return await self._shown(name, call)

    async def service(self, name: str, call: Callable[[], Awaitable[T]], *, usd: float = 0.0) -> T:
        """One call of anything else."""

        async def booked(scope: Ledger) -> T:
            cost = Spent(usd, Usage(0, 0, 1))
            reservation = scope.reserve(cost)
            try:
                result = await call()
            except ModelUnreachableError as error:
                reservation.settle(cost if error.received else Spent())
                raise
            except BaseException:
                # It may have worked for us: what was set aside is booked.
                reservation.settle(cost)
                raise
            reservation.settle(cost)
            return result

        return await self._shown(name, booked)

    async def _shown(self, name: str, call: Callable[[Ledger], Awaitable[T]]) -> T:
        subtask = f"{ADVICE}{self.request.subtask}"
        scope = self.advising.ledger.child(UNLIMITED, scope=f"subtask {subtask}")
        started = time.perf_counter()
        error = ""
        try:
            return await call(scope)
        except CoreAgentError as failure:
            error = str(failure)
            raise
        finally:
            seconds, spent = time.perf_counter() - started, scope.spent
            finished = ModelFinished(subtask, self.request.role, name, spent.usage, spent.usd, seconds, error=error)
            self.advising.emit(finished)
