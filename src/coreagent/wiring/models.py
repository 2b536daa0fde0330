"""Models from settings, and the registry of them. Loads no graph and no corpus, so that one model is ready at once."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache

from coreagent.errors import RunError, SettingsError
from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatModel
from coreagent.models.dispatch.dispatched import Dispatched
from coreagent.models.dispatch.endpoint import Endpoint
from coreagent.models.dispatch.residency import Residency
from coreagent.models.dispatch.resident import Resident
from coreagent.models.embedding import Embedder
from coreagent.models.measured import Measured, Measurements
from coreagent.models.measurement import Measurement
from coreagent.models.registry import ModelRegistry, cards_from_settings
from coreagent.models.renamed import Renamed
from coreagent.models.timeouts import Timeouts
from coreagent.plans import RoleName
from coreagent.settings import EndpointSettings, Environment, ModelSettings, Settings

_LOG = logging.getLogger(__name__)

Wrap = Callable[[ChatModel], ChatModel]
"""What a caller puts around every model, such as an account of its calls."""


@cache
def bundled_embedder() -> Embedder:
    """The embedder in the package: fast, and it sends nothing anywhere. Loaded once, when first asked for.

    Raises:
        KnowledgeError: a file of it is missing or damaged.
    """
    # Late: a model behind an endpoint needs no embedder.
    from coreagent.knowledge.embedding.static_embedder import StaticEmbedder  # noqa: PLC0415  (as above)

    return StaticEmbedder.load()


def build_registry(
    settings: Settings,
    environment: Environment,
    *,
    given: Mapping[RoleName, ChatModel | Sequence[ChatModel]] | None = None,
    wrap: Wrap | None = None,
    residency: Residency | None = None,
    measurements: Measurements | None = None,
) -> ModelRegistry:
    """The models of the settings, with ``given`` ones in place of whatever would play their roles.

    ``wrap`` is put around each model as it is built; ``residency`` hears of every call to an on-demand model. What
    ``measurements`` know corrects latencies and prices of GPU hours, and they learn from every call to an endpoint;
    where they can not be read, what is stated holds, and a warning is logged.
    """
    own = given or {}
    cards = {
        name: replace(card, roles=tuple(role for role in card.roles if role not in own))
        for name, card in cards_from_settings(settings, _known(measurements)).items()
    }
    cards = {name: card for name, card in cards.items() if card.roles}
    ready: dict[str, ChatModel] = {}
    for role, models in own.items():
        for model in models if isinstance(models, Sequence) else (models,):
            name = model.card.name if model.card.name not in cards | ready else f"{model.card.name}:{role}"
            cards[name] = replace(model.card, name=name, roles=(role,))
            ready[name] = Renamed(model, cards[name])

    def build(card: ModelCard) -> ChatModel:
        model = ready.get(card.name) or build_model(
            card, settings.models.get(card.name), environment, residency=residency
        )
        if measurements is not None and card.name in settings.models:
            model = Measured(model, measurements)
        return wrap(model) if wrap else model

    return ModelRegistry(cards, build)


def _known(measurements: Measurements | None) -> Mapping[str, Measurement]:
    try:
        return measurements.known() if measurements is not None else {}
    except RunError as error:
        # What was measured only makes predictions better: no command is to fail for want of it.
        _LOG.warning("%s. %s", error, error.mend)
        return {}


def build_model(
    card: ModelCard,
    settings: ModelSettings | None,
    environment: Environment,
    *,
    residency: Residency | None = None,
) -> ChatModel:
    """One model behind its adapter. The adapters' packages are loaded here, when one is first needed.

    Raises:
        SettingsError: its address or key is missing.
    """
    if card.adapter == "builtin" or settings is None:
        from coreagent.models.builtin import build_builtin  # noqa: PLC0415  (rules and their tables)

        return build_builtin(card, bundled_embedder())
    if card.adapter == "scripted":
        from coreagent.testing import ScriptedModel  # noqa: PLC0415  (test doubles are not loaded otherwise)

        return ScriptedModel.from_file(card)
    homes = residency or Residency({})
    if card.adapter == "litellm":
        from coreagent.models.litellm import LiteLLMModel  # noqa: PLC0415  (its import takes seconds)

        model = LiteLLMModel(
            card,
            base_url=settings.base_url,
            api_key=environment.secret(settings.api_key_env, model=card.name),
            timeouts=_timeouts(settings),
            max_concurrency=settings.max_concurrency,
        )
        return _on_demand(model, settings, homes, address=settings.base_url or card.name)
    if settings.endpoints:
        return _dispatched(card, settings, environment, homes)
    if not settings.base_url:
        raise SettingsError(
            "has no base_url", key=f'models."{card.name}"', mend='Add base_url = "http://HOST:PORT/v1".'
        )
    return _direct(card, settings, EndpointSettings(base_url=settings.base_url), environment, homes)


def _dispatched(card: ModelCard, settings: ModelSettings, environment: Environment, residency: Residency) -> ChatModel:
    """One model behind several addresses; a single one needs nobody to choose."""
    models = [_direct(card, settings, entry, environment, residency) for entry in settings.endpoints]
    if len(models) == 1:
        return models[0]

    def cold(address: str) -> Callable[[], bool]:
        return lambda: residency.state_at(card.name, address) == "cold"

    return Dispatched(
        [
            Endpoint(
                model,
                address=entry.base_url,
                most=entry.max_concurrency or settings.max_concurrency,
                cold=cold(entry.base_url.rstrip("/")),
            )
            for model, entry in zip(models, settings.endpoints, strict=True)
        ]
    )


def _direct(
    card: ModelCard,
    settings: ModelSettings,
    entry: EndpointSettings,
    environment: Environment,
    residency: Residency,
) -> ChatModel:
    """The client of one address."""
    from coreagent.models.openai_compatible import OpenAICompatibleModel  # noqa: PLC0415  (loads aiohttp)

    key_env = settings.api_key_env if entry.api_key_env is None else entry.api_key_env
    model = OpenAICompatibleModel(
        replace(card, model=entry.model or card.model),
        base_url=entry.base_url,
        api_key=environment.secret(key_env, model=card.name),
        timeouts=_timeouts(settings),
        max_concurrency=entry.max_concurrency or settings.max_concurrency,
    )
    return _on_demand(model, settings, residency, address=entry.base_url)


def _on_demand(model: ChatModel, settings: ModelSettings, residency: Residency, *, address: str) -> ChatModel:
    return Resident(model, residency, address=address) if settings.warm == "on_demand" else model


def _timeouts(settings: ModelSettings) -> Timeouts:
    return Timeouts(
        connect_s=settings.connect_timeout_s,
        first_token_s=settings.first_token_timeout_s,
        total_s=settings.total_timeout_s,
    )
