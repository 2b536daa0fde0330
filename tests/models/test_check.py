from dataclasses import replace

import pytest

from coreagent.errors import ModelRequestError, ModelUnreachableError
from coreagent.messages import ToolCall
from coreagent.models.builtin_cards import BUILTIN_CARDS
from coreagent.models.card import UNKNOWN_PRICE, Price
from coreagent.models.check import check
from coreagent.testing import SCRIPTED_CARD, ScriptedModel, Step

CALL = ToolCall("c", "report_status", '{"cell": "A1"}')


async def test_a_model_that_can_do_everything() -> None:
    model = ScriptedModel(
        ["ready", "ready", CALL, '{"ready": true}'], card=replace(SCRIPTED_CARD, price=Price(0.5, 1.5))
    )
    times = iter([10.0, 10.25])
    report = await check(model, now=lambda: next(times))
    assert (report.reached, report.tools, report.json_schema, report.streaming) == (True, True, True, True)
    assert report.latency_ms == 250
    assert report.problems == ()
    assert report.price == "$0.5 in, $1.5 out per million tokens"
    model.assert_done()


async def test_one_that_is_not_there_is_asked_once() -> None:
    model = ScriptedModel([ModelUnreachableError("no connection to http://x", mend="Start the server.")])
    report = await check(model)
    assert not report.reached
    assert report.latency_ms is report.tools is report.json_schema is report.streaming is None
    assert report.problems == ("call: no connection to http://x. Start the server.",)
    model.assert_done()


@pytest.mark.parametrize(
    "answer",
    [
        "I would call it.",
        ToolCall("c", "other", "{}"),
        ToolCall("c", "report_status", "{oops"),
        ModelRequestError("no", status=400),
    ],
)
async def test_tools_that_do_not_work(answer: Step) -> None:
    report = await check(ScriptedModel(["ready", "ready", answer, '{"ready": true}']))
    assert report.tools is False
    (problem,) = report.problems
    assert problem.startswith("tools: ")
    assert "Set tools = false for this model" in problem


@pytest.mark.parametrize("answer", ["ready", "true", '{"ready": "yes"}', "[]", ModelRequestError("no", status=400)])
async def test_a_schema_that_is_not_kept(answer: Step) -> None:
    report = await check(ScriptedModel(["ready", "ready", CALL, answer]))
    assert report.json_schema is False
    (problem,) = report.problems
    assert "Set json_schema = false for this model" in problem


async def test_what_the_card_rules_out_is_not_tried() -> None:
    model = ScriptedModel(["ready", "ready"], card=replace(SCRIPTED_CARD, tools=False, json_schema=False))
    report = await check(model)
    assert report.tools is report.json_schema is None
    model.assert_done()


async def test_an_unknown_price_is_a_problem_with_its_mend() -> None:
    card = replace(SCRIPTED_CARD, price=UNKNOWN_PRICE, tools=False, json_schema=False)
    report = await check(ScriptedModel(["ready", "ready"], card=card))
    assert report.price == "unknown"
    assert "gpu_usd_per_hour" in report.problems[0]


async def test_built_in_models_are_their_card() -> None:
    report = await check(ScriptedModel([], card=BUILTIN_CARDS[0]))
    assert report.reached
    assert report.price == "free"
