from collections.abc import Mapping
from dataclasses import replace

import pytest
from pydantic import ValidationError

from coreagent.errors import SettingsError, UnknownNameError
from coreagent.labels import Sensitivity
from coreagent.models.card import FREE, UNKNOWN_PRICE, Energy, Latency, ModelCard, Price
from coreagent.models.chat import ChatModel
from coreagent.models.measurement import Measurement
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


def card_of(model: Mapping[str, object], measured: Measurement | None = None) -> ModelCard:
    return cards_from_settings(settings(m=model), {"m": measured} if measured else None)["m"]


# 100 tokens a second while busy, of answers that took 5 s for their 100 tokens.
MEASURED = Measurement(calls=40, weight=40, written=4_000, busy_s=40, points=40, x=4_000, y=200, xx=400_000, xy=20_000)
A100 = {"gpu": "A100-80G", "architecture": "llama-3-8b"}


def test_facts_for_routing_are_read() -> None:
    made = card_of({"released": "2024-07-23", "traits": {"verbosity": 0.4}})
    assert (made.released, made.traits) == ("2024-07-23", {"verbosity": 0.4})
    assert card_of({}).released == ""
    with pytest.raises(ValidationError, match="released"):
        card_of({"released": "last summer"})
    with pytest.raises(ValidationError, match="verbosity"):
        card_of({"traits": {"verbosity": 4}})


@pytest.mark.parametrize(
    ("model", "energy"),
    [
        ({}, None),
        ({"energy": {"input_wh_per_mtok": 20, "output_wh_per_mtok": 300}}, Energy(20, 300)),
        # 360 W are 0.1 Wh a second; at 1,000 tokens a second, 100 Wh a million.
        ({"energy": {"watts": 360, "tokens_per_s": 1_000}}, Energy(0, 100)),
    ],
)
def test_energy_is_stated_by_token_or_by_watts(model: Mapping[str, object], energy: Energy | None) -> None:
    assert card_of(model).energy == energy


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ({"energy": {"watts": 300}}, "energy: give tokens_per_s with watts, or name the hardware"),
        ({"price": {"gpu_usd_per_hour": 2}}, "price: give tokens_per_s with gpu_usd_per_hour, or name the hardware"),
        ({"energy": {"input_wh_per_mtok": 1}}, "give input_wh_per_mtok and output_wh_per_mtok, or watts"),
        ({"energy": {"watts": 3, "tokens_per_s": 5, "input_wh_per_mtok": 1}}, "give input_wh_per_mtok and"),
        ({"energy": {"input_wh_per_mtok": 1, "output_wh_per_mtok": 1, "tokens_per_s": 5}}, "give input_wh_per_mtok"),
        ({"energy": {"watts": -1, "tokens_per_s": 5}}, "greater than or equal to 0"),
        ({"hardware": {"gpu": "L4"}}, "architecture"),
        ({"hardware": {**A100, "weight_bits": 7}}, "weight_bits"),
    ],
)
def test_half_a_statement_is_refused(model: Mapping[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        card_of(model)


def test_hardware_predicts_what_nobody_stated() -> None:
    made = card_of({"hardware": A100, "price": {"gpu_usd_per_hour": 3.6}})
    assert made.latency is not None
    assert made.latency.tpot_s == pytest.approx(0.0075, rel=0.05)
    assert made.params_b == pytest.approx(8.03, rel=1e-3)
    # A thousandth of a dollar, and 400 W, each second; one token at a time.
    assert made.price.output_usd_per_mtok == pytest.approx(0.001 * made.latency.tpot_s * 1e6)
    assert made.energy is not None
    assert made.energy.output_wh_per_mtok == pytest.approx(400 / 3600 * made.latency.tpot_s * 1e6)
    stated = card_of({"hardware": A100, "ttft_s": 0.5, "tpot_s": 0.1})
    assert stated.latency == Latency(0.5, 0.1)


def test_hardware_that_does_not_fit_or_exist_is_refused_with_its_key() -> None:
    with pytest.raises(SettingsError, match=r'models\."m"\.hardware: llama-3-70b takes') as caught:
        card_of({"hardware": {"gpu": "A100-80G", "architecture": "llama-3-70b"}})
    assert "count = 2" in caught.value.mend
    with pytest.raises(SettingsError, match=r"unknown accelerator 'A100' \(did you mean A100"):
        card_of({"hardware": {**A100, "gpu": "A100"}})


def test_what_was_measured_often_enough_takes_the_place_of_what_was_stated() -> None:
    model = {"ttft_s": 0.1, "tpot_s": 0.01, "price": {"gpu_usd_per_hour": 3.6, "tokens_per_s": 1_000}}
    made = card_of(model, MEASURED)
    assert made.latency is not None
    assert made.latency.total_s(100) == pytest.approx(5.0)
    assert made.price.output_usd_per_mtok == pytest.approx(10.0)
    seldom = card_of(model, replace(MEASURED, calls=19))
    assert (seldom.latency, seldom.price) == (Latency(0.1, 0.01), Price(0.0, 1.0))
    by_token = {"price": {"input_usd_per_mtok": 1, "output_usd_per_mtok": 2}}
    assert card_of(by_token, MEASURED).price == Price(1, 2)


def test_a_predicted_latency_keeps_its_shape_when_it_is_corrected() -> None:
    predicted, made = card_of({"hardware": A100}).latency, card_of({"hardware": A100}, MEASURED).latency
    assert predicted is not None
    assert made is not None
    assert made.total_s(100) == pytest.approx(5.0)
    assert made.ttft_s / made.tpot_s == pytest.approx(predicted.ttft_s / predicted.tpot_s)


def test_a_latency_nobody_stated_is_learned() -> None:
    assert card_of({}).latency is None
    made = card_of({}, MEASURED).latency
    assert made is not None
    assert made.total_s(100) == pytest.approx(5.0)
