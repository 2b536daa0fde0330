import pytest
from hypothesis import given
from hypothesis import strategies as st

from coreagent.errors import ModelServerError, ModelUnreachableError, SettingsError
from coreagent.messages import Message
from coreagent.models.chat import ChatRequest
from coreagent.models.dispatch.residency import Home, Residency, homes_from_settings
from coreagent.models.dispatch.resident import Resident
from coreagent.settings import parse_settings
from coreagent.testing import ManualClock, ScriptedModel

HERE = "http://127.0.0.1:11434/v1"
THERE = "http://127.0.0.1:11435/v1"
REQUEST = ChatRequest(messages=(Message.user("q"),))


def residency(**homes: Home) -> tuple[Residency, ManualClock]:
    clock = ManualClock()
    return Residency(homes, now=clock.now), clock


def home(*addresses: str, load_s: float = 10, slots: int | None = None, keep_alive_s: float | None = None) -> Home:
    return Home(addresses=addresses or (HERE,), load_s=load_s, slots=slots, keep_alive_s=keep_alive_s)


def use(made: Residency, model: str, address: str = HERE) -> None:
    made.begin(model, address)
    made.end(model, address)


def test_a_model_is_cold_then_loading_then_warm() -> None:
    made, clock = residency(a=home())
    assert (made.state("a"), made.extra_latency_s("a")) == ("cold", 10)
    made.begin("a", HERE)
    clock.advance(4)
    assert (made.state("a"), made.extra_latency_s("a")) == ("loading", 6)
    clock.advance(20)
    assert (made.state("a"), made.extra_latency_s("a")) == ("loading", 0)
    made.end("a", HERE)
    assert (made.state("a"), made.extra_latency_s("a")) == ("warm", 0)


def test_what_is_not_loaded_on_demand_is_always_warm() -> None:
    made, _ = residency(a=home(slots=1))
    use(made, "a")
    use(made, "always")
    assert (made.state("always"), made.extra_latency_s("always"), made.server("always")) == ("warm", 0, None)
    assert made.state("a") == "warm"


def test_an_idle_model_is_dropped_when_its_time_is_up_and_a_busy_one_is_not() -> None:
    made, clock = residency(a=home(keep_alive_s=300), b=home(keep_alive_s=300))
    use(made, "a")
    made.begin("b", HERE)
    clock.advance(299)
    assert made.resident() == ("a", "b")
    clock.advance(1)
    assert made.resident() == ("b",)
    made.end("b", HERE)
    clock.advance(299)
    assert made.state("b") == "warm"


def test_the_one_used_longest_ago_makes_room() -> None:
    made, _ = residency(a=home(slots=2), b=home(slots=3), c=home())
    use(made, "a")
    use(made, "b")
    use(made, "a")
    use(made, "c")
    assert [made.state(model) for model in "abc"] == ["warm", "cold", "warm"]


def test_an_answering_model_is_not_the_one_to_go() -> None:
    made, _ = residency(a=home(slots=2), b=home(), c=home())
    made.begin("a", HERE)
    use(made, "b")
    use(made, "c")
    assert [made.state(model) for model in "abc"] == ["loading", "cold", "warm"]


def test_a_failed_load_leaves_it_cold_and_a_failed_call_to_a_warm_one_does_not() -> None:
    made, _ = residency(a=home())
    made.begin("a", HERE)
    made.end("a", HERE, ModelServerError("out of memory", status=500))
    assert made.state("a") == "cold"
    use(made, "a")
    made.begin("a", HERE)
    made.end("a", HERE, ModelServerError("x", status=500))
    assert made.state("a") == "warm"


def test_a_server_that_is_gone_holds_nothing() -> None:
    made, _ = residency(a=home(), b=home(), c=home(THERE))
    for model, address in (("a", HERE), ("b", HERE), ("c", THERE)):
        use(made, model, address)
    made.begin("a", HERE)
    made.end("a", HERE, ModelUnreachableError("refused"))
    assert made.resident() == ("c",)


def test_with_several_addresses_the_warmest_counts() -> None:
    made, _ = residency(a=home(HERE, THERE))
    use(made, "a", THERE)
    assert (made.state_at("a", HERE), made.state_at("a", THERE)) == ("cold", "warm")
    assert (made.state("a"), made.extra_latency_s("a")) == ("warm", 0)


def test_what_fits_without_pushing_out_what_is_needed() -> None:
    made, _ = residency(a=home(slots=2), b=home(), c=home(), d=home(THERE))
    assert made.fits("a")
    assert not made.fits("c", keep=["a", "b"]), "both are called before it, though neither is there yet"
    assert made.fits("d", keep=["a", "b", "c"])
    use(made, "a")
    use(made, "b")
    assert made.fits("c", keep=["b"])
    assert not made.fits("c", keep=["a"]), "the server would drop the one used longest ago"
    assert made.fits("a", keep=["a", "b"])
    made.begin("a", HERE)
    made.begin("b", HERE)
    assert not made.fits("c")


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["begin", "end", "fail", "wait"])), max_size=60))
def test_never_more_than_the_slots_are_held(steps: list[tuple[str, str]]) -> None:
    made, clock = residency(**{model: home(slots=2, keep_alive_s=5) for model in "abcd"})
    for model, step in steps:
        if step == "begin":
            made.begin(model, HERE)
        elif step == "wait":
            clock.advance(2)
        else:
            made.end(model, HERE, ModelServerError("x", status=500) if step == "fail" else None)
        assert len(made.resident()) <= 2
        assert all(0 <= made.extra_latency_s(name) <= 10 for name in "abcd")


async def test_calls_through_a_model_are_noted() -> None:
    made, _ = residency(scripted=home())
    model = Resident(ScriptedModel(["one", "two three", ModelServerError("x", status=500)]), made, address=HERE + "/")
    assert (await model.complete(REQUEST)).text == "one"
    assert made.state("scripted") == "warm"
    made, _ = residency(scripted=home())
    model = Resident(ScriptedModel(["two three", ModelServerError("x", status=500)]), made, address=HERE)
    states = [made.state("scripted") async for _ in model.stream(REQUEST)]
    assert states[0] == "warm", "its first piece shows that it is loaded"
    made, _ = residency(scripted=home())
    model = Resident(ScriptedModel([ModelServerError("x", status=500)] * 2), made, address=HERE)
    with pytest.raises(ModelServerError):
        await model.complete(REQUEST)
    with pytest.raises(ModelServerError):
        _ = [chunk async for chunk in model.stream(REQUEST)]
    assert made.state("scripted") == "cold"


def test_homes_come_from_the_settings() -> None:
    on_demand = {"warm": "on_demand", "load_s": 8, "keep_alive_s": 300, "slots": 2}
    settings = parse_settings(
        {
            "models": {
                "always": {"base_url": HERE},
                "one": {"base_url": HERE + "/", **on_demand},
                "two": {"endpoints": [{"base_url": HERE}, {"base_url": THERE}], **on_demand},
                "cloud": {"adapter": "litellm", "warm": "on_demand", "load_s": 3},
            }
        }
    )
    assert homes_from_settings(settings.models) == {
        "one": Home(addresses=(HERE,), load_s=8, keep_alive_s=300, slots=2),
        "two": Home(addresses=(HERE, THERE), load_s=8, keep_alive_s=300, slots=2),
        "cloud": Home(addresses=("cloud",), load_s=3),
    }


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"warm": "on_demand"}, "needs load_s"),
        ({"slots": 2}, "slots has no meaning without"),
        ({"load_s": 1}, "load_s has no meaning without"),
        ({"warm": "sometimes"}, "allowed values"),
        ({"warm": "on_demand", "load_s": -1}, "greater than or equal to 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(fields: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        parse_settings({"models": {"m": {"base_url": HERE, **fields}}})
