"""From the settings file to a model with several endpoints."""

import asyncio
import tomllib

import pytest

from coreagent.decision import Decision
from coreagent.errors import SettingsError
from coreagent.messages import Message
from coreagent.models.chat import ChatRequest
from coreagent.models.check import check
from coreagent.models.dispatch.dispatched import Dispatched
from coreagent.models.dispatch.health import Health
from coreagent.models.dispatch.prewarm import Prewarmer
from coreagent.models.dispatch.residency import Residency, homes_from_settings
from coreagent.models.dispatch.resident import Resident
from coreagent.routing.batch import plan_batch
from coreagent.settings import Environment, Settings, parse_settings
from coreagent.testing.openai_server import OpenAIServer
from coreagent.testing.replies import Stall
from coreagent.wiring.models import build_registry

REQUEST = ChatRequest(messages=(Message.user("What is A1?"),))
TWO = """
[models."site/m"]
model = "big"
api_key_env = "SITE_KEY"
price = "free"
max_concurrency = 7

[[models."site/m".endpoints]]
base_url = "{first}"

[[models."site/m".endpoints]]
base_url = "{second}"
model = "big-awq"
api_key_env = "OTHER_KEY"
max_concurrency = 3
"""


def read(text: str) -> Settings:
    return parse_settings(tomllib.loads(text), path="c.toml", text=text)


async def test_each_endpoint_has_its_own_name_key_and_room() -> None:
    async with OpenAIServer([Stall(0.05, "one")]) as first, OpenAIServer([Stall(0.05, "two")]) as second:
        settings = read(TWO.format(first=first.base_url, second=second.base_url))
        registry = build_registry(settings, Environment({"SITE_KEY": "sk-1", "OTHER_KEY": "sk-2"}))
        model = registry.get("site/m")
        assert isinstance(model, Dispatched)
        assert [(endpoint.address, endpoint.most) for endpoint in model.endpoints] == [
            (first.base_url, 7),
            (second.base_url, 3),
        ]
        model.endpoints[0].in_flight += 1
        assert (await model.complete(REQUEST)).model == "site/m"
        model.endpoints[0].in_flight -= 1
        model.endpoints[1].in_flight += 1
        assert (await model.complete(REQUEST)).model == "site/m"
        await registry.close()
        asked = [
            (server.requests[0].body["model"], server.requests[0].headers["authorization"])
            for server in (first, second)
        ]
        assert asked == [("big", "Bearer sk-1"), ("big-awq", "Bearer sk-2")]
    configured = settings.models["site/m"]
    assert configured.addresses == (first.base_url, second.base_url)
    assert configured.concurrency == 10


def test_an_empty_key_is_no_key_and_a_missing_variable_is_said() -> None:
    text = TWO.format(first="http://127.0.0.1:9/v1", second="http://127.0.0.1:8/v1")
    registry = build_registry(read(text.replace('"OTHER_KEY"', '""')), Environment({"SITE_KEY": "sk-1"}))
    assert isinstance(registry.get("site/m"), Dispatched)
    with pytest.raises(SettingsError, match="OTHER_KEY, which is not set"):
        build_registry(read(text), Environment({"SITE_KEY": "sk-1"})).get("site/m")


def test_one_endpoint_needs_nobody_to_choose() -> None:
    settings = parse_settings({"models": {"m": {"endpoints": [{"base_url": "http://127.0.0.1:9/v1"}]}}})
    assert not isinstance(build_registry(settings, Environment({})).get("m"), Dispatched)


async def test_an_endpoint_that_holds_the_model_is_asked_before_one_that_must_load_it() -> None:
    async with OpenAIServer(["one"]) as first, OpenAIServer(["two", "three"]) as second:
        endpoints = [{"base_url": server.base_url} for server in (first, second)]
        on_demand = {"warm": "on_demand", "load_s": 8, "slots": 1}
        settings = parse_settings({"models": {"m": {"endpoints": endpoints, **on_demand}}})
        residency = Residency(homes_from_settings(settings.models))
        model = build_registry(settings, Environment({}), residency=residency).get("m")
        assert isinstance(model, Dispatched)
        assert all(isinstance(endpoint.model, Resident) for endpoint in model.endpoints)
        assert residency.extra_latency_s("m") == 8
        model.endpoints[0].in_flight += 1
        assert (await model.complete(REQUEST)).text == "two"
        model.endpoints[0].in_flight -= 1
        assert (residency.state("m"), residency.extra_latency_s("m")) == ("warm", 0)
        assert (await model.complete(REQUEST)).text == "three"
        await model.close()


ONE = '[models."a.b"]\n[[models."a.b".endpoints]]\nbase_url = "http://b/v1"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ONE.replace("]\n[[", ']\nbase_url = "http://a/v1"\n[['), r"a\.b.*give base_url or endpoints, not both"),
        (
            ONE.replace("]\n[[", ']\nadapter = "litellm"\n[['),
            r"endpoints are for the adapter openai_compatible, not lit",
        ),
        (ONE + ONE.splitlines()[1] + '\nbase_url = "http://b/v1/"\n', r"the endpoint http://b/v1 stands twice"),
        (ONE.replace("http://b/v1", "b"), r"c\.toml:3: .*endpoints\.0\.base_url: 'b' is not an address"),
        (ONE + "max_concurrency = 0\n", r"c\.toml:4: .*endpoints\.0\.max_concurrency: must be greater"),
        (ONE + "gpus = 2\n", r"c\.toml:4: .*endpoints\.0\.gpus: unknown key"),
        ('[models."a.b".endpoints]\nbase_url = "http://b/v1"\n', r"must be a list"),
    ],
)
def test_mistakes_are_said_with_their_place(text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        read(text)


def test_the_keys_of_an_endpoint_are_listed_where_one_is_unknown() -> None:
    with pytest.raises(SettingsError) as caught:
        read(ONE + "gpus = 2\n")
    assert "Known here: api_key_env, base_url, max_concurrency, model." in caught.value.mend
    with pytest.raises(SettingsError) as caught:
        read(ONE + 'api_key = "sk"\n')
    assert "api_key_env" in caught.value.mend


async def test_a_check_tries_each_endpoint_and_says_which_one_fails() -> None:
    async with OpenAIServer() as sound:
        endpoints = [{"base_url": sound.base_url}, {"base_url": "http://127.0.0.1:9/v1"}]
        fields = {"endpoints": endpoints, "tools": False, "json_schema": False}
        settings = parse_settings({"models": {"m": fields}})
        registry = build_registry(settings, Environment({}))
        report = await check(registry.get("m"))
        await registry.close()
    assert (report.reached, report.streaming) == (False, True)
    assert report.latency_ms is not None
    lost, price = report.problems
    assert lost.startswith("http://127.0.0.1:9/v1: call: m: no connection to")
    assert price.startswith("price: unknown"), "what holds for all is said once"


async def test_a_model_is_warmed_up_through_its_own_endpoint_and_a_batch_runs_it_first() -> None:
    async with OpenAIServer([Stall(0.02, "r")]) as server:
        on_demand = {"base_url": server.base_url, "warm": "on_demand", "load_s": 8, "slots": 1, "price": "free"}
        settings = parse_settings({"models": {"lora-a": on_demand, "lora-b": on_demand}})
        residency = Residency(homes_from_settings(settings.models))
        registry = build_registry(settings, Environment({}), residency=residency)
        prewarmer = Prewarmer(registry.get, residency, Health())
        assert prewarmer.upcoming(["lora-b", "lora-a"]) == ("lora-b",), "there is room for one"
        for _ in range(500):
            if residency.state("lora-b") == "warm":
                break
            await asyncio.sleep(0.01)
        await prewarmer.close()
        await registry.close()
        body = server.requests[0].body
        assert (body["model"], body["max_tokens"]) == ("lora-b", 1)
    batch = plan_batch(
        ["lora-a", "lora-b", "lora-a"],
        lambda model: Decision(subtask="s", role="caller", policy="p", model=model, candidates=(), reason=""),
        server=residency.server,
        resident=residency.resident(),
    )
    assert [group.model for group in batch.lines[0]] == ["lora-b", "lora-a"]
    assert (batch.loads, batch.loads_unplanned) == (1, 3)
