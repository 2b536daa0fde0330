from collections.abc import Mapping

import pytest

from coreagent.errors import UnknownNameError
from coreagent.labels import Sensitivity
from coreagent.models.card import FREE, UNKNOWN_PRICE, ModelCard, Price
from coreagent.models.chat import ChatModel
from coreagent.models.registry import ModelRegistry, cards_from_settings
from coreagent.plans import ROLES
from coreagent.settings import Settings
from coreagent.testing import ScriptedModel


def settings(**models: Mapping[str, object]) -> Settings:
    return Settings.model_validate({"models": models})


def test_without_a_file_there_is_a_built_in_model_for_each_role() -> None:
    cards = cards_from_settings(Settings())
    assert list(cards) == [f"builtin/{role}" for role in ROLES]
    for role in ROLES:
        card = cards[f"builtin/{role}"]
        assert card.roles == (role,)
        assert (card.adapter, card.family, card.price, card.placement) == ("builtin", "builtin", FREE, "device")
        assert card.may_see(Sensitivity.CONFIDENTIAL)
    assert cards_from_settings(Settings(builtin=False)) == {}


def test_a_card_says_what_the_settings_say() -> None:
    made = cards_from_settings(
        settings(
            **{
                "ollama/qwen3:8b": {
                    "base_url": "http://x/v1",
                    "roles": ["planner"],
                    "price": "free",
                    "clearance": "confidential",
                    "ttft_s": 0.2,
                    "scores": {"oran": 0.7},
                }
            }
        )
    )["ollama/qwen3:8b"]
    assert made.model == "qwen3:8b"
    assert made.roles == ("planner",)
    assert made.price == FREE
    assert made.clearance is Sensitivity.CONFIDENTIAL
    assert made.latency is not None
    assert made.latency.total_s(100) == 0.2
    assert made.scores == {"oran": 0.7}


@pytest.mark.parametrize(
    ("model", "price"),
    [
        ({"adapter": "openai_compatible"}, UNKNOWN_PRICE),
        ({"price": "free"}, FREE),
        ({"price": {"input_usd_per_mtok": 0.5, "output_usd_per_mtok": 2}}, Price(0.5, 2.0)),
        # 3.60 dollars an hour are 0.001 a second; at 1,000 tokens a second, a millionth of a dollar each.
        ({"price": {"gpu_usd_per_hour": 3.6, "tokens_per_s": 1000}}, Price(0.0, 1.0)),
        ({"adapter": "litellm", "model": "ollama/llama3"}, UNKNOWN_PRICE),
        ({"adapter": "litellm", "model": "ollama/llama3", "price": "free"}, FREE),
        ({"adapter": "litellm", "model": "hosted_vllm/x"}, UNKNOWN_PRICE),
        ({"adapter": "litellm", "model": "openai/gpt-4o", "base_url": "http://mine/v1"}, UNKNOWN_PRICE),
        ({"adapter": "litellm", "model": "openai/gpt-4o", "price": "free"}, FREE),
    ],
)
def test_prices_are_never_silently_zero(model: dict[str, object], price: Price) -> None:
    made = cards_from_settings(settings(m=model))["m"].price
    assert made.known == price.known
    assert made.cost_usd(1_000_000, 1_000_000) == pytest.approx(price.cost_usd(1_000_000, 1_000_000))


def test_litellm_names_get_their_listed_price() -> None:
    cards = cards_from_settings(settings(**{"openai/gpt-4o": {"adapter": "litellm"}, "gpt-4o": {"adapter": "litellm"}}))
    assert cards["openai/gpt-4o"].model == "openai/gpt-4o"
    assert cards["openai/gpt-4o"].price == cards["gpt-4o"].price
    assert cards["gpt-4o"].price.known
    assert cards["gpt-4o"].price.cost_usd(1, 1) > 0


def registry() -> tuple[ModelRegistry, list[str]]:
    built: list[str] = []

    def build(card: ModelCard) -> ChatModel:
        built.append(card.name)
        return ScriptedModel(["x"], card=card)

    return ModelRegistry(cards_from_settings(settings(mine={"roles": ["planner"]})), build), built


def test_models_are_built_once_and_late() -> None:
    models, built = registry()
    assert built == []
    assert models.get("mine") is models.get("mine")
    assert built == ["mine"]
    assert models.names[-1] == "mine"


def test_models_of_a_role() -> None:
    models, built = registry()
    assert [card.name for card in models.for_role("planner")] == ["builtin/planner", "mine"]
    assert [card.name for card in models.for_role("caller")] == ["builtin/caller"]
    assert built == []


def test_an_unknown_name_gets_the_nearest_one_and_the_command() -> None:
    models, _ = registry()
    with pytest.raises(UnknownNameError, match="did you mean builtin/planner") as caught:
        models.get("builtin/planer")
    assert "coreagent models add builtin/planer" in caught.value.mend


async def test_close_closes_all_even_if_one_fails() -> None:
    closed: list[str] = []

    class Closes(ScriptedModel):
        async def close(self) -> None:
            closed.append(self.card.name)
            if self.card.name == "builtin/planner":
                raise OSError("stuck")

    models = ModelRegistry(cards_from_settings(Settings()), lambda card: Closes([], card=card))
    for name in models.names:
        models.get(name)
    with pytest.raises(ExceptionGroup, match="could not be closed"):
        await models.close()
    assert closed == list(models.names)
    await models.close()
