"""One routed, budgeted, traced model call for a role: the only way from a graph to a model."""

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from coreagent.agents.profile import strict_rules
from coreagent.agents.role import Role
from coreagent.budget import UNLIMITED, Budget, Ledger, Spent
from coreagent.decision import Decision
from coreagent.errors import BudgetExceededError, CoreAgentError, ModelError, NoModelError
from coreagent.events import Event, ModelFinished, Routed, Warned
from coreagent.graphs.advising import Advising
from coreagent.graphs.conduct import NOT_CONTINUED, Begun, Strict, is_prose
from coreagent.graphs.learners import Learner
from coreagent.graphs.prompting import Prompting
from coreagent.graphs.state import RunOptions
from coreagent.labels import Label
from coreagent.models.budgeted import Budgeted
from coreagent.models.chat import ChatModel, ChatRequest, estimate_input_tokens, estimate_tokens
from coreagent.models.dispatch.health import Health
from coreagent.models.dispatch.notices import hearing
from coreagent.models.fallback import Fallback
from coreagent.models.forecast import Forecasts
from coreagent.models.playing import playing
from coreagent.models.registry import ModelRegistry
from coreagent.models.retrying import Retrying
from coreagent.models.streaming import Streaming
from coreagent.models.structured import ask
from coreagent.models.traced import Traced
from coreagent.plans import RoleName
from coreagent.routing.advisors.adviser import Adviser
from coreagent.routing.request import RoutingRequest
from coreagent.routing.router import Router
from coreagent.telemetry import Telemetry

Task = TypeVar("Task")
Output = TypeVar("Output")

EXPECTED_OUTPUT_TOKENS = 512
UNLIMITED_TOKENS = sys.maxsize
"""The limit of a call that sets none: what the card of its model allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Which call this is, of which run: the subtask's id, domain, label and budget, and what routing must know of it.

    ``text`` is what is asked, ``retrieval`` the confidence in 0..1 of the evidence at hand. ``escalated_from`` is the
    model whose result was not good enough, ``tried`` are those before it.
    """

    subtask: str
    label: Label
    options: RunOptions
    text: str = ""
    domain: str = ""
    budget: Budget = UNLIMITED
    retrieval: float | None = None
    escalated_from: str = ""
    tried: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Called(Generic[Output]):
    """What came back: the typed output, the decision behind it, and the model that answered in the end."""

    output: Output
    decision: Decision
    model: str


@dataclass(frozen=True, slots=True)
class ModelCalls:
    """Routes a role's request and makes the call.

    ``adviser`` is asked before a decision among several models; ``learners`` hear how good the writers' drafts were;
    ``strict`` gives the rules of a role for a request that may mean harm.
    """

    router: Router
    registry: ModelRegistry
    telemetry: Telemetry
    max_attempts: Mapping[str, int] = field(default_factory=dict[str, int])
    """Tries in all for each model, the first included; a model that is not named is tried once."""
    health: Health = field(default_factory=Health)
    adviser: Adviser | None = None
    advice_timeout_s: float = 5.0
    """For all calls of the adviser for one decision. A run rather goes on without advice than waits longer."""
    learners: tuple[Learner, ...] = ()
    strict: Callable[[RoleName], str] = strict_rules
    forecasts: Forecasts | None = None
    """What calls took, which is reserved where the worst case does not fit. None: the worst case is all there is."""
    agent_budgets: Mapping[RoleName, Budget] = field(default_factory=dict[RoleName, Budget])
    """Limits of all calls of a role within a run."""

    async def make(
        self,
        role: Role[Task, Output],
        task: Task,
        *,
        work: Work,
        ledger: Ledger,
        emit: Callable[[Event], None],
        on_text: Callable[[str], None] | None = None,
    ) -> Called[Output]:
        """Decide, reserve, call, read, settle.

        ``on_text`` gets the answer piece by piece as it is written, unless it is one to be checked first.

        Raises:
            NoModelError: routing left no candidate.
            BudgetExceededError: the call does not fit; nothing was spent on it.
            ModelError: every candidate failed, or the output never fitted its schema.
        """
        request = role.request(task)
        if role.name in self.agent_budgets:
            ledger = ledger.agent(role.name, self.agent_budgets[role.name])
        wanted = _routing_request(role.name, request, work, ledger)
        if self.forecasts is not None and (ledger.limits_money or ledger.limits_energy):
            least = self.forecasts.output_tokens(role.name, wanted.output_limit or wanted.output_tokens)
            wanted = replace(wanted, least_output=least)
        wanted = await self._advised(wanted, ledger, emit, prompts=work.options.prompts)
        # Advice has its price too.
        wanted = replace(wanted, usd_left=ledger.usd_left, wh_left=ledger.wh_left)
        decision = self._noted(self._affordable(wanted, ledger), wanted, request)
        emit(Routed(decision))
        scope = ledger.child(work.budget, scope=f"subtask {work.subtask}")
        model = self._stack(decision, scope, emit, prompts=work.options.prompts)
        if on_text and decision.conduct in ("", "normal"):
            model = Streaming(model, on_text)
        started = time.perf_counter()
        error, answered = "", decision.model
        try:
            with playing(role.name), hearing(lambda message: emit(Warned(message))):
                asked = await ask(model, request, lambda completion: role.read(task, completion))
            answered = asked.completions[-1].model
        except CoreAgentError as failure:
            error = str(failure)
            raise
        finally:
            seconds = time.perf_counter() - started
            spent = scope.spent
            emit(ModelFinished(work.subtask, role.name, answered, spent.usage, spent.usd, seconds, error=error))
        return Called(asked.value, replace(decision, answered_by=answered), answered)

    async def _advised(
        self, request: RoutingRequest, ledger: Ledger, emit: Callable[[Event], None], *, prompts: bool
    ) -> RoutingRequest:
        if self.adviser is None:
            return request
        advising = Advising(
            adviser=self.adviser,
            cards=self.router.cards,
            registry=self.registry,
            telemetry=self.telemetry,
            health=self.health,
            ledger=ledger,
            emit=emit,
            timeout_s=self.advice_timeout_s,
            prompts=prompts,
        )
        return await advising.advised(request)

    def _noted(self, decision: Decision, wanted: RoutingRequest, request: ChatRequest) -> Decision:
        """The decision with what went otherwise than configured, where its policy did not say so itself."""
        notes = list(decision.notes)
        advice = wanted.advice
        if advice is not None and advice.problem and not any(advice.problem in note for note in notes):
            notes.append(f"{advice.by} failed: {advice.problem}")
        card = self.router.cards[decision.model]
        guarded = decision.conduct == "guarded" and is_prose(request)
        if guarded and not card.continues and card.adapter != "builtin":
            notes.append(f"{decision.model} {NOT_CONTINUED}")
        if why := self.health.why_avoided().get(decision.model):
            notes.append(f"{decision.model} is asked although {why}: there is no other")
        return replace(decision, notes=tuple(notes)) if len(notes) > len(decision.notes) else decision

    def _affordable(self, request: RoutingRequest, ledger: Ledger) -> Decision:
        try:
            return self._decide(request)
        except BudgetExceededError as error:
            # Routing knows what is left, but not in which scope: the ledger's own refusal says it.
            ledger.reserve(Spent(wh=error.needed) if error.limit == "wh" else Spent(error.needed)).release()
            raise

    def _decide(self, request: RoutingRequest) -> Decision:
        """Models that failed a moment ago, or fell short earlier in the run, are left out while there is another."""
        avoided = self.health.why_avoided()
        narrower = [replace(request, avoid=frozenset(avoided), why_avoided=avoided)] if avoided else []
        for attempt in [*narrower, request] if request.tried else narrower:
            try:
                return self.router.decide(attempt)
            except (NoModelError, BudgetExceededError):
                continue
        return self.router.decide(replace(request, tried=frozenset()))

    def has_other(self, role: Role[Task, Output], task: Task, *, work: Work, ledger: Ledger) -> bool:
        """True when routing would find a model for this work that is not ``work.escalated_from``.

        Also when only the budget keeps it from one: the call that is then tried says so, and the draft at hand stays.
        """
        try:
            self.router.decide(_routing_request(role.name, role.request(task), work, ledger))
        except NoModelError:
            return False
        except BudgetExceededError:
            pass
        return True

    def foresee(self, role: RoleName, *, work: Work, ledger: Ledger) -> str:
        """The model that routing would choose now for a call whose prompt is not written yet; empty when none."""
        request = _routing_request(role, None, work, ledger)
        try:
            return self._decide(request).model
        except (NoModelError, BudgetExceededError):
            return ""

    def learn(self, decision: Decision, quality: float, *, emit: Callable[[Event], None]) -> None:
        """Tell every learner how good the result of a decision was, in 0..1. A learner that fails costs a warning."""
        for learner in self.learners:
            try:
                learner.learn(decision, quality)
            except (CoreAgentError, OSError) as error:
                emit(Warned(f"the verdict on {decision.answered_by or decision.model} is not learned: {error}"))

    def _stack(self, decision: Decision, ledger: Ledger, emit: Callable[[Event], None], *, prompts: bool) -> ChatModel:
        names = (decision.model, *decision.fallbacks)
        models = [self._one(name, decision, ledger, emit, prompts=prompts) for name in names]
        if len(models) == 1:
            return models[0]

        def next_one(error: ModelError, failed: str, following: str) -> None:
            del failed
            emit(Warned(f"{error}; trying {following}"))

        return Fallback(models, on_fallback=next_one)

    def _one(
        self, name: str, decision: Decision, ledger: Ledger, emit: Callable[[Event], None], *, prompts: bool
    ) -> ChatModel:
        """Each try is traced and booked by itself, so both stand inside the retries."""
        traced: ChatModel = Traced(self.registry.get(name), self.telemetry, decision=decision)
        if prompts:
            traced = Prompting(traced, subtask=decision.subtask, role=decision.role, emit=emit)
        model: ChatModel = Budgeted(traced, ledger, self.forecasts)
        attempts = self.max_attempts.get(name, 1)
        if attempts > 1:
            model = Retrying(
                model,
                max_attempts=attempts,
                on_retry=lambda error, attempt, wait_s: emit(
                    Warned(f"{error}; try {attempt + 1} of {attempts} in {wait_s:.1f} s")
                ),
            )
        model = self.health.watched(model)
        if decision.conduct in ("", "normal"):
            return model
        rules = self.strict(decision.role)
        return Begun(model, rules) if decision.conduct == "guarded" else Strict(model, rules)


def _routing_request(role: RoleName, request: ChatRequest | None, work: Work, ledger: Ledger) -> RoutingRequest:
    tokens = estimate_tokens(work.text) if request is None else estimate_input_tokens(request)
    limit = None if request is None else request.max_tokens or UNLIMITED_TOKENS
    return RoutingRequest(
        subtask=work.subtask,
        role=role,
        text=work.text,
        domain=work.domain,
        label=work.label,
        input_tokens=tokens,
        output_tokens=request.max_tokens if request and request.max_tokens else EXPECTED_OUTPUT_TOKENS,
        output_limit=limit,
        needs_tools=bool(request and request.tools),
        needs_schema=request is not None and request.response_schema is not None,
        usd_left=ledger.usd_left,
        price_required=ledger.limits_money,
        wh_left=ledger.wh_left,
        energy_required=ledger.limits_energy,
        escalated_from=work.escalated_from,
        tried=work.tried,
        pinned=work.options.models.get(role, ""),
        retrieval=work.retrieval,
        risk=work.options.risk,
        flags=work.options.flags,
        seed=work.options.run_id,
    )
