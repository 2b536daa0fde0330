"""A whole system from settings: core-agent, models, library, tools, run store, telemetry, session."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from coreagent.agents.action import GatedAction
from coreagent.agents.core_agent import ActiveCoreAgent
from coreagent.agents.guard.seam import Guard
from coreagent.agents.memory import LongTermMemory, MemoryModule, NoMemory
from coreagent.agents.planning import SinglePath
from coreagent.agents.profile import Profiles
from coreagent.agents.security import EffectPolicy
from coreagent.budget import Budget
from coreagent.errors import RunError, SettingsError
from coreagent.graphs.calling import ModelCalls
from coreagent.graphs.core import core
from coreagent.graphs.deps import Deps
from coreagent.graphs.learners import MemoryLearner
from coreagent.graphs.session import GraphSession
from coreagent.graphs.state import RunOptions
from coreagent.graphs.tool_use import tool_use
from coreagent.knowledge.glossary import bundled_glossary
from coreagent.knowledge.library import Library
from coreagent.knowledge.traced import TracedRetriever
from coreagent.labels import Label, Sensitivity
from coreagent.models.chat import ChatModel
from coreagent.models.dispatch.prewarm import Prewarmer
from coreagent.models.dispatch.residency import Residency, homes_from_settings
from coreagent.models.forecast import Forecasts
from coreagent.models.measured import Measurements
from coreagent.models.registry import ModelRegistry
from coreagent.plans import RoleName
from coreagent.routing.policy import Policy
from coreagent.runs import RunStore
from coreagent.settings import Environment, Settings
from coreagent.telemetry import Telemetry
from coreagent.tools.default_set import default_tools
from coreagent.tools.registry import ToolRegistry
from coreagent.tools.specialists import load_specialists
from coreagent.tools.tool import Tool
from coreagent.wiring.answers import LateAnswers, keep_answers
from coreagent.wiring.knowledge import Knowledge, build_knowledge
from coreagent.wiring.models import Wrap, build_registry, bundled_embedder
from coreagent.wiring.routing import Routing, build_routing, policies_in

_LOGGER = logging.getLogger("coreagent.wiring")


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """Everything that one core-agent is made of."""

    settings: Settings
    home: Path
    registry: ModelRegistry
    knowledge: Knowledge
    tools: ToolRegistry
    memory: MemoryModule
    store: RunStore
    telemetry: Telemetry
    deps: Deps
    session: GraphSession
    answers: LateAnswers
    routing: Routing
    measurements: Measurements | None

    @property
    def library(self) -> Library:
        """The corpora."""
        return self.knowledge.library

    async def close(self) -> None:
        """Give back connections, write out what is buffered, close files. Safe to call twice."""
        await self.session.close()
        if self.deps.prewarmer is not None:
            await self.deps.prewarmer.close()
        if self.routing.adviser is not None:
            await self.routing.adviser.close()
        await self.registry.close()
        self._save_measurements()
        if isinstance(self.memory, LongTermMemory):
            self.memory.close()
        self.knowledge.close()
        self.store.close()
        self.answers.close()
        self.routing.close()
        self.telemetry.close()

    def _save_measurements(self) -> None:
        """Figures to plan with: an answer that was paid for is not lost because they can not be kept."""
        try:
            if self.measurements is not None:
                self.measurements.save()
        except RunError as error:
            _LOGGER.warning("how fast models were is not kept: %s. %s", error, error.mend)


def build_system(
    settings: Settings,
    environment: Environment,
    *,
    home: Path | None = None,
    models: Mapping[RoleName, ChatModel | Sequence[ChatModel]] | None = None,
    tools: Sequence[Tool] = (),
    policy: Policy | None = None,
    wrap: Wrap | None = None,
    traces: bool = True,
    reuse_answers: bool = False,
    base: Path | None = None,
    memory: MemoryModule | None = None,
) -> System:
    """Construct a system. Nothing is loaded or connected to that is not needed yet.

    ``models``, one or several for a role, are used instead of anything in the settings; ``tools`` are added to the
    default ones; ``policy`` replaces the one in the settings; ``wrap`` is put around each model as it is built. Without
    ``traces`` a run leaves nothing behind and knows nothing of another: no long-term memory, run store, checkpoints
    or telemetry, whatever the settings say. Only the journal of calls that change something is kept. With
    ``reuse_answers`` a request that an endpoint answered in an earlier run is not sent again. Files that the settings
    name are relative to ``base``. ``memory`` stands in for the one of the settings.

    Raises:
        SettingsError: the settings name a model or a tool that does not exist.
    """
    folder = home or environment.home
    telemetry = _telemetry(settings, environment, folder) if traces else Telemetry.off()
    knowledge = build_knowledge(settings, environment, folder)
    answers = LateAnswers(folder / "runs" / "answers.sqlite", soon=not reuse_answers)
    if wrap is None and traces:
        wrap = partial(keep_answers, answers=answers, settings=settings, reuse=reuse_answers)
    homes = homes_from_settings(settings.models)
    residency = Residency(homes)
    # An evaluation's prices must not move while it runs, or between its parts.
    measurements = Measurements(folder / "models" / "measured.sqlite") if traces else None
    registry = build_registry(
        settings, environment, given=models, wrap=wrap, residency=residency, measurements=measurements
    )
    retriever = TracedRetriever(knowledge.library, telemetry)
    specialists = load_specialists(folder).tools
    given = default_tools(retriever, bundled_glossary(), knowledge.library, specialists=specialists)
    toolbox = ToolRegistry([*given, *tools])
    _check_tool_names(settings, toolbox)
    store = RunStore(folder / "runs" / "runs.sqlite")
    remembered = memory or (_memory(settings, folder) if traces else NoMemory())
    cards = {card.name: card for card in registry.cards}
    routing = build_routing(settings, environment, cards, home=folder, embedder=bundled_embedder, base=base)
    deps = Deps(
        agent=build_core_agent(settings, registry, toolbox, remembered, store, telemetry),
        calls=_calls(settings, registry, telemetry, routing, policy, residency, traces=traces),
        defaults=_default_options(settings),
        passages=2 * settings.agent.passages,
        max_steps=settings.agent.max_steps,
        guess=settings.agent.guess,
        calibrate=routing.calibrate,
        guard=_guard() if "graded" in policies_in((policy or routing.router.policy).name) else None,
    )
    if homes:
        deps = replace(deps, prewarmer=Prewarmer(registry.get, residency, deps.calls.health))
    checkpoints = folder / "runs" / "checkpoints.sqlite" if traces else None
    return System(
        settings=settings,
        home=folder,
        registry=registry,
        knowledge=knowledge,
        tools=toolbox,
        memory=remembered,
        store=store,
        telemetry=telemetry,
        deps=deps,
        session=build_session(settings, deps, store if traces else None, telemetry, checkpoints=checkpoints),
        answers=answers,
        routing=routing,
        measurements=measurements,
    )


def _calls(
    settings: Settings,
    registry: ModelRegistry,
    telemetry: Telemetry,
    routing: Routing,
    policy: Policy | None,
    residency: Residency,
    *,
    traces: bool,
) -> ModelCalls:
    decides = policy or routing.router.policy
    return ModelCalls(
        replace(routing.router, policy=decides, loading=residency),
        registry,
        telemetry,
        {name: model.max_attempts for name, model in settings.models.items()},
        # Advice that no policy reads would be paid for and waited for in vain.
        adviser=routing.adviser if "advised" in policies_in(decides.name) else None,
        advice_timeout_s=settings.routing.adviser.timeout_s if settings.routing.adviser else 0.0,
        learners=(MemoryLearner(decides.learns),) if decides.learns and traces else (),
        agent_budgets=_agent_budgets(settings),
        # An evaluation reserves the same for equal trials, whatever came before them.
        forecasts=Forecasts() if traces else None,
    )


def _guard() -> Guard:
    from coreagent.agents.guard.fitted import bundled_guard  # noqa: PLC0415  (only a graded policy asks for it)

    return bundled_guard()


def _telemetry(settings: Settings, environment: Environment, folder: Path) -> Telemetry:
    return Telemetry.create(
        settings.telemetry,
        otlp=environment.otlp_wanted,
        otlp_metrics=environment.otlp_metrics_wanted,
        path=folder / "telemetry" / "spans.jsonl",
    )


def _memory(settings: Settings, folder: Path) -> MemoryModule:
    # The memory keeps to the embedder of the package, as the built-in models do.
    return LongTermMemory(folder / "memory.sqlite", bundled_embedder()) if settings.agent.memory else NoMemory()


def build_core_agent(
    settings: Settings,
    models: ModelRegistry,
    tools: ToolRegistry,
    memory: MemoryModule,
    store: RunStore,
    telemetry: Telemetry,
) -> ActiveCoreAgent:
    """The five modules. Planning is by rule when no model that plans is more than rules."""
    by_rule = all(card.adapter == "builtin" for card in models.for_role("planner"))
    security = EffectPolicy(
        allow=frozenset(settings.security.allow),
        deny=frozenset(settings.security.deny),
        min_sensitivity=Sensitivity.parse(settings.security.min_label),
    )
    return ActiveCoreAgent(
        planning=SinglePath(
            max_replans=settings.agent.max_replans,
            max_escalations=settings.agent.max_escalations,
            technique="rule_based" if by_rule else "lm_powered",
        ),
        memory=memory,
        profile=Profiles.load(),
        action=GatedAction(tools, security, store.journal, telemetry),
        security=security,
    )


def build_session(
    settings: Settings, deps: Deps, store: RunStore | None, telemetry: Telemetry, *, checkpoints: Path | None
) -> GraphSession:
    """Both graphs, with the one the settings name in front. ``store`` and ``checkpoints`` None: runs are not kept."""
    blueprints = {"core": core(deps), "tool_use": tool_use(deps)}
    writes = any(tool.info.effect != "read" for tool in deps.agent.action.tools)
    return GraphSession(
        blueprint=blueprints[settings.agent.graph],
        others=tuple(blueprints.values()),
        live=deps.live,
        store=store,
        telemetry=telemetry,
        checkpoints=checkpoints,
        config_digest=hashlib.sha256(settings.model_dump_json(exclude={"tui"}).encode()).hexdigest(),
        gate=deps.agent.action,
        # Before a write the proposal must be on disk: else a killed run could propose another one on resume.
        durability="sync" if writes else "async",
    )


def _agent_budgets(settings: Settings) -> dict[RoleName, Budget]:
    return {role: Budget(**limits.model_dump()) for role, limits in settings.budget.agents.items()}


def _default_options(settings: Settings) -> RunOptions:
    return RunOptions(
        run_id="",
        corpora=settings.knowledge.corpora,
        budget=Budget(**settings.budget.model_dump(exclude={"agents"})),
        label=Label(Sensitivity.parse(settings.security.min_label)),
    )


def _check_tool_names(settings: Settings, tools: ToolRegistry) -> None:
    known = set(tools.names)
    for key in ("allow", "deny"):
        for name in getattr(settings.security, key):
            if name not in known:
                raise SettingsError(
                    f"no tool {name!r}", key=f"security.{key}", mend=f"Known: {', '.join(sorted(known))}."
                )
