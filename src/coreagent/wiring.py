"""The only place that constructs things: settings in, a working system out."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from coreagent.agents.action import GatedAction
from coreagent.agents.core_agent import ActiveCoreAgent
from coreagent.agents.memory import LongTermMemory, MemoryModule, NoMemory
from coreagent.agents.planning import SinglePath
from coreagent.agents.profile import Profiles
from coreagent.agents.security import EffectPolicy
from coreagent.budget import Budget
from coreagent.errors import SettingsError
from coreagent.graphs.calling import ModelCalls
from coreagent.graphs.core import core
from coreagent.graphs.deps import Deps
from coreagent.graphs.session import GraphSession
from coreagent.graphs.state import RunOptions
from coreagent.graphs.tool_use import tool_use
from coreagent.knowledge.embedding.static_embedder import StaticEmbedder
from coreagent.knowledge.glossary import bundled_glossary
from coreagent.knowledge.library import Library
from coreagent.knowledge.traced import TracedRetriever
from coreagent.labels import Label, Sensitivity
from coreagent.models.builtin import build_builtin
from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatModel
from coreagent.models.embedding import Embedder
from coreagent.models.registry import ModelRegistry, cards_from_settings
from coreagent.models.renamed import Renamed
from coreagent.models.timeouts import Timeouts
from coreagent.plans import RoleName
from coreagent.routing.policy import Policy, Rule, cheapest_above, fixed, rules
from coreagent.routing.router import Router
from coreagent.runs import RunStore
from coreagent.settings import (
    EmbedderSettings,
    Environment,
    ModelSettings,
    RerankerSettings,
    RoutingSettings,
    Settings,
)
from coreagent.telemetry import Telemetry
from coreagent.tools.default_set import default_tools
from coreagent.tools.registry import ToolRegistry
from coreagent.tools.tool import Tool

if TYPE_CHECKING:
    from coreagent.models.remote_embedder import RemoteEmbedder
    from coreagent.models.reranking_endpoint import EndpointReranker


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """Everything that one core-agent is made of."""

    settings: Settings
    home: Path
    registry: ModelRegistry
    library: Library
    tools: ToolRegistry
    memory: MemoryModule
    store: RunStore
    telemetry: Telemetry
    deps: Deps
    session: GraphSession
    clients: "tuple[RemoteEmbedder | EndpointReranker, ...]" = ()
    """What the library calls over the network."""

    async def close(self) -> None:
        """Give back connections, write out what is buffered, close files. Safe to call twice."""
        await self.session.close()
        await self.registry.close()
        if isinstance(self.memory, LongTermMemory):
            self.memory.close()
        for client in self.clients:
            client.close()
        self.library.close()
        self.store.close()
        self.telemetry.close()


def build_system(
    settings: Settings,
    environment: Environment,
    *,
    home: Path | None = None,
    models: Mapping[RoleName, ChatModel | Sequence[ChatModel]] | None = None,
    tools: Sequence[Tool] = (),
    policy: Policy | None = None,
) -> System:
    """Construct a system. Nothing is loaded or connected to that is not needed yet.

    ``models``, one or several for a role, are used instead of anything in the settings; ``tools`` are added to the
    default ones; ``policy`` replaces the one in the settings.

    Raises:
        SettingsError: the settings name a model or a tool that does not exist.
    """
    folder = home or environment.home
    telemetry = Telemetry.create(
        settings.telemetry,
        otlp=environment.otlp_wanted,
        otlp_metrics=environment.otlp_metrics_wanted,
        path=folder / "telemetry" / "spans.jsonl",
    )
    # The built-in models and the memory keep to the embedder of the package: it is fast, and sends nothing anywhere.
    embedder = StaticEmbedder.load()
    remote = build_embedder(settings.knowledge.embedder, environment)
    reranker = build_reranker(settings.knowledge.reranker, environment)
    clients = tuple(client for client in (remote, reranker) if client is not None)
    _check_question_label(settings, clients)
    library = Library(folder, remote or embedder, settings.knowledge, reranker=reranker)
    registry = build_registry(settings, environment, embedder, models or {})
    retriever = TracedRetriever(library, telemetry)
    toolbox = ToolRegistry([*default_tools(retriever, bundled_glossary(), library), *tools])
    _check_tool_names(settings, toolbox)
    store = RunStore(folder / "runs" / "runs.sqlite")
    memory: MemoryModule = LongTermMemory(folder / "memory.sqlite", embedder) if settings.agent.memory else NoMemory()
    router = Router(
        {card.name: card for card in registry.cards},
        policy or policy_from_settings(settings.routing, registry.names),
        settings.routing.fallbacks,
    )
    attempts = {name: model.max_attempts for name, model in settings.models.items()}
    deps = Deps(
        agent=build_core_agent(settings, toolbox, memory, store, telemetry),
        calls=ModelCalls(router, registry, telemetry, attempts),
        defaults=_default_options(settings),
        passages=2 * settings.agent.passages,
        max_steps=settings.agent.max_steps,
    )
    return System(
        settings=settings,
        home=folder,
        registry=registry,
        library=library,
        tools=toolbox,
        memory=memory,
        store=store,
        telemetry=telemetry,
        deps=deps,
        session=build_session(settings, deps, store, telemetry, checkpoints=folder / "runs" / "checkpoints.sqlite"),
        clients=clients,
    )


def build_core_agent(
    settings: Settings, tools: ToolRegistry, memory: MemoryModule, store: RunStore, telemetry: Telemetry
) -> ActiveCoreAgent:
    """The five modules."""
    security = EffectPolicy(
        allow=frozenset(settings.security.allow),
        deny=frozenset(settings.security.deny),
        min_sensitivity=Sensitivity.parse(settings.security.min_label),
    )
    return ActiveCoreAgent(
        planning=SinglePath(max_replans=settings.agent.max_replans, max_escalations=settings.agent.max_escalations),
        memory=memory,
        profile=Profiles.load(),
        action=GatedAction(tools, security, store.journal, telemetry),
        security=security,
    )


def build_session(
    settings: Settings, deps: Deps, store: RunStore, telemetry: Telemetry, *, checkpoints: Path
) -> GraphSession:
    """Both graphs, with the one the settings name in front."""
    blueprints = {"core": core(deps), "tool_use": tool_use(deps)}
    writes = any(tool.info.effect != "read" for tool in deps.agent.action.tools)
    return GraphSession(
        blueprint=blueprints[settings.agent.graph],
        others=tuple(blueprints.values()),
        live=deps.live,
        store=store,
        telemetry=telemetry,
        checkpoints=checkpoints,
        config_digest=hashlib.sha256(settings.model_dump_json().encode()).hexdigest(),
        # Before a write the proposal must be on disk: else a killed run could propose another one on resume.
        durability="sync" if writes else "async",
    )


def _default_options(settings: Settings) -> RunOptions:
    return RunOptions(
        run_id="",
        corpora=settings.knowledge.corpora,
        budget=Budget(**settings.budget.model_dump()),
        label=Label(Sensitivity.parse(settings.security.min_label)),
    )


def build_registry(
    settings: Settings,
    environment: Environment,
    embedder: Embedder,
    given: Mapping[RoleName, ChatModel | Sequence[ChatModel]],
) -> ModelRegistry:
    """The models of the settings, with ``given`` ones in place of whatever would play their roles."""
    cards = {
        name: replace(card, roles=tuple(role for role in card.roles if role not in given))
        for name, card in cards_from_settings(settings).items()
    }
    cards = {name: card for name, card in cards.items() if card.roles}
    ready: dict[str, ChatModel] = {}
    for role, models in given.items():
        for model in models if isinstance(models, Sequence) else (models,):
            name = model.card.name if model.card.name not in cards | ready else f"{model.card.name}:{role}"
            cards[name] = replace(model.card, name=name, roles=(role,))
            ready[name] = Renamed(model, cards[name])

    def build(card: ModelCard) -> ChatModel:
        if card.name in ready:
            return ready[card.name]
        return build_model(card, settings.models.get(card.name), environment, embedder)

    return ModelRegistry(cards, build)


def build_model(
    card: ModelCard, settings: ModelSettings | None, environment: Environment, embedder: Embedder
) -> ChatModel:
    """One model behind its adapter. The adapters' packages are loaded here, when one is first needed.

    Raises:
        SettingsError: its address or key is missing.
    """
    if card.adapter == "builtin" or settings is None:
        return build_builtin(card, embedder)
    if card.adapter == "scripted":
        from coreagent.testing import ScriptedModel  # noqa: PLC0415  (test doubles are not loaded otherwise)

        return ScriptedModel.from_file(card)
    key = environment.secret(settings.api_key_env, model=card.name)
    timeouts = Timeouts(
        connect_s=settings.connect_timeout_s,
        first_token_s=settings.first_token_timeout_s,
        total_s=settings.total_timeout_s,
    )
    if card.adapter == "litellm":
        from coreagent.models.litellm import LiteLLMModel  # noqa: PLC0415  (its import takes seconds)

        return LiteLLMModel(
            card,
            base_url=settings.base_url,
            api_key=key,
            timeouts=timeouts,
            max_concurrency=settings.max_concurrency,
        )
    if not settings.base_url:
        raise SettingsError(
            "has no base_url", key=f'models."{card.name}"', mend='Add base_url = "http://HOST:PORT/v1".'
        )
    from coreagent.models.openai_compatible import OpenAICompatibleModel  # noqa: PLC0415  (loads aiohttp)

    return OpenAICompatibleModel(
        card,
        base_url=settings.base_url,
        api_key=key,
        timeouts=timeouts,
        max_concurrency=settings.max_concurrency,
    )


def build_embedder(settings: EmbedderSettings, environment: Environment) -> "RemoteEmbedder | None":
    """The configured embedder of the corpora; None for the one in the package. Connects to nothing yet.

    Raises:
        SettingsError: its address or key is wrong or missing.
    """
    if settings.adapter == "bundled":
        return None
    from coreagent.models.remote_embedder import RemoteEmbedder  # noqa: PLC0415  (only who configures one needs it)

    key = environment.secret(settings.api_key_env, model=settings.model)
    if settings.adapter == "litellm":
        from coreagent.models.litellm_embedding import LiteLLMEmbedding  # noqa: PLC0415  (as above)

        return RemoteEmbedder(LiteLLMEmbedding(settings, api_key=key), settings)
    from coreagent.models.embedding_endpoint import EndpointEmbedding  # noqa: PLC0415  (loads aiohttp)

    return RemoteEmbedder(EndpointEmbedding(settings, api_key=key), settings)


def build_reranker(settings: RerankerSettings | None, environment: Environment) -> "EndpointReranker | None":
    """The configured re-ranker, if any. Connects to nothing yet.

    Raises:
        SettingsError: its address or key is wrong or missing.
    """
    if settings is None:
        return None
    from coreagent.models.reranking_endpoint import EndpointReranker  # noqa: PLC0415  (loads aiohttp)

    key = environment.secret(settings.api_key_env, model=settings.model or "of [knowledge.reranker]")
    return EndpointReranker(settings, api_key=key)


def policy_from_settings(settings: RoutingSettings, names: Sequence[str]) -> Policy:
    """The routing policy that the settings name; ``cheapest_above`` decides where it has no say.

    Raises:
        SettingsError: a rule or role names a model that does not exist.
    """
    named = [*settings.fixed.values(), *(rule.model for rule in settings.rules)]
    for name in named:
        if name not in names:
            raise SettingsError(
                f"no model {name!r}", key="routing", mend=f"Known: {', '.join(names)}. coreagent models add {name}"
            )
    default = cheapest_above(quality=settings.min_quality)
    if settings.policy == "fixed":
        return fixed(settings.fixed) | default
    if settings.policy == "rules":
        return rules(tuple(Rule(**rule.model_dump()) for rule in settings.rules)) | default
    return fixed(settings.fixed) | default if settings.fixed else default


def _check_tool_names(settings: Settings, tools: ToolRegistry) -> None:
    known = set(tools.names)
    for key in ("allow", "deny"):
        for name in getattr(settings.security, key):
            if name not in known:
                raise SettingsError(
                    f"no tool {name!r}", key=f"security.{key}", mend=f"Known: {', '.join(sorted(known))}."
                )


def _check_question_label(settings: Settings, clients: "Sequence[RemoteEmbedder | EndpointReranker]") -> None:
    """Every question is at least of the lowest label that is set, and every search sends one to all of these."""
    least = Sensitivity.parse(settings.security.min_label)
    for client in clients:
        if least > client.clearance:
            raise SettingsError(
                f"every question is labelled {least} (security.min_label), and {client!r} may be sent"
                f" {client.clearance} text at most",
                key="knowledge",
                mend="Raise its clearance where that is true (the cloud never gets confidential text), or remove it.",
            )
