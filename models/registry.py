"""The models there are, by name."""

from collections.abc import Callable, Mapping

from coreagent.errors import UnknownNameError
from coreagent.labels import Sensitivity
from coreagent.models.builtin_cards import BUILTIN_CARDS
from coreagent.models.card import Latency, ModelCard
from coreagent.models.chat import ChatModel
from coreagent.models.energy import energy_from_settings
from coreagent.models.hardware import Roofline, predicted_latency
from coreagent.models.litellm_prices import listed_price
from coreagent.models.machine import machine_from_settings
from coreagent.models.measurement import Measurement
from coreagent.models.prices import price_from_settings
from coreagent.plans import RoleName
from coreagent.settings import ModelSettings, Settings


def cards_from_settings(settings: Settings, measured: Mapping[str, Measurement] | None = None) -> dict[str, ModelCard]:
    """Cards of the built-in models (unless switched off) and of the configured ones, by name.

    A configured model takes the place of a built-in one of the same name. ``measured`` is what earlier calls showed.
    Raises as :func:`card_from_settings`.
    """
    known = measured or {}
    cards = {card.name: card for card in BUILTIN_CARDS} if settings.builtin else {}
    cards.update((name, card_from_settings(name, model, known.get(name))) for name, model in settings.models.items())
    return cards


def card_from_settings(name: str, settings: ModelSettings, measured: Measurement | None = None) -> ModelCard:
    """The card of one configured model.

    Latency and throughput are as ``measured``, once there were enough calls; else as stated; else as the hardware that
    the settings name allows. A stated price for each token is never changed.

    Raises:
        SettingsError: hardware that is unknown, or that the model does not fit.
    """
    believed = measured if measured is not None and measured.enough else None
    machine = machine_from_settings(name, settings)
    predicted = _predicted(machine)
    measured_per_s = believed.tokens_per_s if believed else None
    predicted_per_s = 1 / predicted.tpot_s if predicted else None
    model = settings.model or model_at_endpoint(name, adapter=settings.adapter)
    price = price_from_settings(settings, measured_per_s=measured_per_s, predicted_per_s=predicted_per_s)
    if not price.known and settings.adapter == "litellm" and not settings.base_url:
        # Behind a base_url of the user's own, the list of the provider's prices says nothing.
        price = listed_price(model)
    return ModelCard(
        name=name,
        adapter=settings.adapter,
        model=model,
        roles=settings.roles,
        params_b=settings.params_b or (machine.architecture.parameters / 1e9 if machine else None),
        context_tokens=settings.context_tokens,
        max_output_tokens=settings.max_output_tokens,
        tools=settings.tools,
        json_schema=settings.json_schema,
        logprobs=settings.logprobs,
        continues=settings.continues,
        price=price,
        latency=_latency(settings, predicted, believed),
        placement=settings.placement,
        clearance=Sensitivity.parse(settings.clearance),
        quality=settings.quality,
        scores=dict(settings.scores),
        family=settings.family,
        licence=settings.licence,
        energy=energy_from_settings(
            settings,
            measured_per_s=measured_per_s,
            predicted_per_s=predicted_per_s,
            watts=machine.accelerator.watts * machine.count if machine else None,
        ),
        released=settings.released.isoformat() if settings.released else "",
        traits=dict(settings.traits),
    )


def _predicted(machine: Roofline | None) -> Latency | None:
    if machine is None:
        return None
    return predicted_latency(
        machine.architecture, machine.accelerator, precision=machine.precision, count=machine.count
    )


def _latency(settings: ModelSettings, predicted: Latency | None, measured: Measurement | None) -> Latency | None:
    """A prediction keeps its shape when it is corrected; what was stated gives way to what was measured."""
    if settings.ttft_s is not None or settings.tpot_s is not None:
        stated = Latency(settings.ttft_s or 0.0, settings.tpot_s or 0.0)
        return (measured.latency if measured else None) or stated
    if predicted is not None:
        return measured.corrected(predicted) if measured else predicted
    return measured.latency if measured else None


def model_at_endpoint(name: str, *, adapter: str) -> str:
    """A model's name at its endpoint when the settings give none.

    The part after the first slash; litellm reads the provider from the part before it and gets all of it.
    """
    return name if adapter == "litellm" else name.split("/", 1)[-1]


class ModelRegistry:
    """Builds each model when it is first asked for, and keeps it.

    ``build`` makes a model from its card; who calls the registry decides what it wraps around it.
    """

    def __init__(self, cards: Mapping[str, ModelCard], build: Callable[[ModelCard], ChatModel]) -> None:
        self._cards = dict(cards)
        self._build = build
        self._models: dict[str, ChatModel] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all models, in the order of the settings, built-in ones first."""
        return tuple(self._cards)

    @property
    def cards(self) -> tuple[ModelCard, ...]:
        """All cards, in the order of ``names``."""
        return tuple(self._cards.values())

    def card(self, name: str) -> ModelCard:
        """The card of a model.

        Raises:
            UnknownNameError: there is no such model; the nearest name is offered.
        """
        try:
            return self._cards[name]
        except KeyError:
            known = ", ".join(self._cards) or "none"
            raise UnknownNameError(
                "model", name, self._cards, mend=f"Known: {known}. Add it: coreagent models add {name}"
            ) from None

    def get(self, name: str) -> ChatModel:
        """The model itself. Raises as :meth:`card`, and whatever ``build`` raises."""
        if name not in self._models:
            self._models[name] = self._build(self.card(name))
        return self._models[name]

    def for_role(self, role: RoleName) -> tuple[ModelCard, ...]:
        """Cards of the models that may play a role, in the order of ``names``."""
        return tuple(card for card in self._cards.values() if role in card.roles)

    async def close(self) -> None:
        """Close every model that was built. Safe to call twice; each is closed even if another one fails to."""
        models, self._models = list(self._models.values()), {}
        failures: list[Exception] = []
        for model in models:
            try:
                await model.close()
            except (OSError, RuntimeError) as error:
                failures.append(error)
        if failures:
            raise ExceptionGroup("models that could not be closed", failures)
