"""The core graph with scripted models: what happens, in which order, and what comes back."""

import asyncio
from typing import Any

import pytest
from tests.graphs.scripts import call, plan, verdict

from coreagent import (
    Budget,
    CoreAgent,
    Escalated,
    Event,
    Feedback,
    ModelCard,
    Planned,
    RunFinished,
    Sensitivity,
    Token,
    ToolFinished,
    Warned,
    tool,
)
from coreagent.errors import ModelServerError, ModelUnreachableError, NoModelError
from coreagent.models.card import Price
from coreagent.plans import ROLES, RoleName
from coreagent.routing.request import RoutingRequest
from coreagent.settings import Settings, parse_settings
from coreagent.testing import ScriptedModel, UnexpectedModelCall


@tool
def double(number: int) -> int:
    """Double a number.

    Args:
        number: what to double.
    """
    return 2 * number


@tool
def broken(number: int) -> int:
    """Fail.

    Args:
        number: ignored.
    """
    raise RuntimeError("the probe is unplugged")


def scripted(**steps: list[Any]) -> dict[RoleName, ScriptedModel]:
    roles: tuple[RoleName, ...] = ("planner", "caller", "summarizer", "verifier")
    return {role: ScriptedModel(steps.get(role, [])) for role in roles}


def settings(**agent: Any) -> Settings:
    return parse_settings({"agent": {"memory": False, **agent}, "builtin": False})


async def run(agent: CoreAgent, question: str = "q", **options: Any) -> tuple[list[Event], RunFinished]:
    events = [event async for event in agent.stream(question, **options)]
    last = events[-1]
    assert isinstance(last, RunFinished)
    return events, last


async def test_one_subtask_goes_through_all_four_roles() -> None:
    models = scripted(
        planner=[plan({"id": "s1", "tool": "double"})],
        caller=[call("double", number=21)],
        summarizer=["It is 42 [1]."],
        verifier=[verdict()],
    )
    async with CoreAgent(models=models, tools=[double], settings=settings()) as agent:
        events, finished = await run(agent, tokens=False)
    assert [type(event).__name__ for event in events] == [
        "RunStarted", "Screened",
        "Routed", "ModelFinished", "Planned",
        "Routed", "ModelFinished", "Screened", "ToolStarted", "ToolFinished", "Screened",
        "Routed", "ModelFinished",
        "Routed", "ModelFinished", "Verified",
        "Screened", "RunFinished",
    ]  # fmt: skip
    answer = finished.answer
    assert answer.text == "It is 42 [1]."
    assert [citation.document for citation in answer.citations] == ["double"]
    assert answer.verdict.outcome == "supported"
    assert [decision.role for decision in answer.decisions] == ["planner", "caller", "summarizer", "verifier"]
    assert answer.usage.calls == 4
    assert answer.notes == ()
    for model in models.values():
        model.assert_done()


async def test_independent_subtasks_run_at_the_same_time_and_dependent_ones_after_them() -> None:
    together = asyncio.Barrier(2)

    @tool
    async def meet(name: str) -> str:
        """Wait for the other.

        Args:
            name: who I am.
        """
        await asyncio.wait_for(together.wait(), 5)
        return f"{name} met"

    models = scripted(
        planner=[plan({"id": "a"}, {"id": "b"}, {"id": "c", "tool": "double", "depends_on": ["a", "b"]})],
        caller=[call("meet", name="a"), call("meet", name="b"), call("double", number=1)],
        summarizer=["Done [1]."],
        verifier=[verdict()],
    )
    async with CoreAgent(models=models, tools=[meet, double], settings=settings()) as agent:
        events, finished = await run(agent)
    order = [event.tool for event in events if isinstance(event, ToolFinished)]
    assert order == ["meet", "meet", "double"]
    seen_by_c = models["caller"].calls[2].messages[-1].content
    assert "a met" in seen_by_c and "b met" in seen_by_c
    assert finished.answer.status == "complete"


async def test_a_failing_tool_is_feedback_and_leads_to_one_more_plan() -> None:
    models = scripted(
        planner=[plan({"id": "s1", "tool": "broken"}), plan({"id": "s1", "tool": "double"})],
        caller=[call("broken", number=1), call("double", number=2)],
        summarizer=["NOT FOUND: nothing", "It is 4 [1]."],
        verifier=[verdict()],
    )
    async with CoreAgent(models=models, tools=[broken, double], settings=settings()) as agent:
        events, finished = await run(agent)
    feedback = [event for event in events if isinstance(event, Feedback)]
    assert feedback[0].source == "tool"
    assert "the probe is unplugged" in feedback[0].text
    assert "the probe is unplugged" in models["planner"].calls[1].messages[-1].content
    assert [event.attempt for event in events if isinstance(event, Planned)] == [0, 1]
    assert finished.answer.text == "It is 4 [1]."


async def test_a_tool_that_hangs_is_ended_and_the_answer_says_so() -> None:
    @tool(timeout_s=0.05)
    async def hang() -> str:
        """Never come back."""
        await asyncio.sleep(60)
        return "never"

    models = scripted(
        planner=[plan({"id": "s1", "tool": "hang"}, {"id": "s2", "tool": "double"})],
        caller=[call("hang"), call("double", number=2)],
        summarizer=["It is 4 [1]."],
        verifier=[verdict()],
    )
    async with CoreAgent(models=models, tools=[hang, double], settings=settings()) as agent:
        events, finished = await run(agent)
    failed = next(event for event in events if isinstance(event, ToolFinished) and event.tool == "hang")
    assert "no result within 0.05 s" in failed.error
    assert finished.answer.text == "It is 4 [1]."
    assert any("hang: no result within 0.05 s" in note for note in finished.answer.notes)


async def test_where_a_tool_broke_nobody_knows_what_is_there() -> None:
    models = scripted(
        planner=[plan({"id": "s1", "tool": "broken"}), plan({"id": "s1", "tool": "double"})],
        caller=[call("broken", number=1), call("double", number=2)],
        summarizer=["NOT FOUND: nothing", "NOT FOUND: 4 is no answer"],
    )
    async with CoreAgent(models=models, tools=[broken, double], settings=settings()) as agent:
        _, finished = await run(agent)
    answer = finished.answer
    assert (answer.status, answer.error) == ("partial", "ToolFailedError")
    assert "NOT FOUND" not in answer.text and "the probe is unplugged" in answer.text
    assert "the probe is unplugged" in answer.notes[-1]


async def test_a_tool_that_works_again_is_no_reason() -> None:
    tries = iter([RuntimeError("busy"), None])

    @tool
    def shaky() -> str:
        """Fail once."""
        failure = next(tries)
        if failure:
            raise failure
        return "nothing of note"

    models = scripted(
        planner=[plan({"id": "s1", "tool": "shaky"})] * 2,
        caller=[call("shaky")] * 2,
        summarizer=["NOT FOUND: nothing"] * 2,
    )
    async with CoreAgent(models=models, tools=[shaky], settings=settings()) as agent:
        _, finished = await run(agent)
    assert (finished.answer.status, finished.answer.error) == ("not_found", "")
    assert finished.answer.text == "NOT FOUND: nothing"


async def test_replans_are_bounded() -> None:
    plans = [plan({"id": "s1", "tool": "double"})] * 3
    models = scripted(
        planner=plans, caller=[call("double", number=1)] * 3, summarizer=["NOT FOUND: no"] * 3, verifier=[]
    )
    async with CoreAgent(models=models, tools=[double], settings=settings(max_replans=2)) as agent:
        events, finished = await run(agent)
    assert len([event for event in events if isinstance(event, Planned)]) == 3
    assert finished.answer.status == "not_found"


async def test_an_unsupported_draft_is_written_afresh_by_another_model_without_the_bad_one() -> None:
    weak = ScriptedModel(["It is 5 [1]."], card=_card("weak", quality=0.7))
    strong = ScriptedModel(["It is 4 [1]."], card=_card("strong", quality=0.9, usd=1))
    models = scripted(
        planner=[plan({"id": "s1", "tool": "double"})],
        caller=[call("double", number=2)],
        verifier=[verdict("partly_supported", score=0.2, problems=("5 is not 4",)), verdict(score=0.9)],
    )
    agent = CoreAgent(models={**models, "summarizer": [weak, strong]}, tools=[double], settings=settings())
    async with agent:
        events, finished = await run(agent)
    escalated = next(event for event in events if isinstance(event, Escalated))
    assert (escalated.from_model, escalated.to_model) == ("weak", "strong")
    assert "It is 5" not in strong.calls[0].messages[-1].content
    assert finished.answer.text == "It is 4 [1]."
    assert finished.answer.decisions[-2].escalated_from == "weak"


async def test_an_escalation_that_made_it_worse_is_undone() -> None:
    weak = ScriptedModel(["It is 5 [1]."], card=_card("weak", quality=0.7))
    strong = ScriptedModel(["It is 6 [1]."], card=_card("strong", quality=0.9, usd=1))
    models = scripted(
        planner=[plan({"id": "s1", "tool": "double"})],
        caller=[call("double", number=2)],
        verifier=[verdict("partly_supported", score=0.4), verdict("partly_supported", score=0.1)],
    )
    agent = CoreAgent(models={**models, "summarizer": [weak, strong]}, tools=[double], settings=settings())
    async with agent:
        _, finished = await run(agent)
    assert finished.answer.text == "It is 5 [1]."
    assert finished.answer.verdict.score == 0.4


async def test_a_model_that_is_down_is_replaced_by_the_next_and_the_answer_says_so() -> None:
    down = ScriptedModel([ModelUnreachableError("connection refused", model="down")], card=_card("down", quality=0.7))
    spare = ScriptedModel(["It is 4 [1]."], card=_card("spare", quality=0.9, usd=1))
    models = scripted(
        planner=[plan({"id": "s1", "tool": "double"})], caller=[call("double", number=2)], verifier=[verdict()]
    )
    agent = CoreAgent(models={**models, "summarizer": [down, spare]}, tools=[double], settings=settings())
    async with agent:
        events, finished = await run(agent)
    assert any("trying spare" in event.message for event in events if isinstance(event, Warned))
    assert finished.answer.text == "It is 4 [1]."
    assert finished.answer.notes == ("down failed, spare answered as summarizer",)
    assert [d.answered_by for d in finished.answer.decisions] == [
        "scripted",
        "scripted:caller",
        "spare",
        "scripted:verifier",
    ]


async def test_when_the_writer_fails_what_was_found_comes_back_marked_partial() -> None:
    models = scripted(
        planner=[plan({"id": "s1", "tool": "double"})],
        caller=[call("double", number=2)],
        summarizer=[ModelServerError("overloaded", status=503, model="scripted")],
    )
    async with CoreAgent(models=models, tools=[double], settings=settings()) as agent:
        _, finished = await run(agent)
    answer = finished.answer
    assert (answer.status, answer.error) == ("partial", "ModelServerError")
    assert "Found so far" in answer.text and "4" in answer.text
    assert [citation.document for citation in answer.citations] == ["double"]
    assert "overloaded" in answer.notes[-1]


async def test_a_budget_that_runs_out_gives_the_partial_answer_and_was_never_overrun() -> None:
    def priced(max_output_tokens: int) -> dict[Any, Any]:
        steps: dict[str, list[Any]] = {
            "planner": [plan({"id": "s1", "tool": "double"})],
            "caller": [call("double", number=2)],
            "summarizer": ["It is 4 [1]."],
            "verifier": [verdict()],
        }
        return {
            role: ScriptedModel(script, card=_card(role, usd=100, max_output_tokens=max_output_tokens))
            for role, script in steps.items()
        }

    async with CoreAgent(models=priced(1024), tools=[double], settings=settings()) as agent:
        _, whole = await run(agent)
    cost = whole.answer.cost_usd
    assert whole.answer.status == "complete"
    assert cost > 0

    async with CoreAgent(models=priced(60), tools=[double], settings=settings()) as agent:
        _, cut = await run(agent, budget=Budget(usd=cost * 0.9))
    assert cut.answer.status == "partial"
    assert cut.answer.cost_usd <= cost * 0.9
    assert "is left" in cut.answer.notes[-1]


async def test_calls_are_limited_too() -> None:
    models = scripted(planner=[plan({"id": "s1", "tool": "double"})], caller=[call("double", number=2)])
    async with CoreAgent(models=models, tools=[double], settings=settings()) as agent:
        _, finished = await run(agent, budget=Budget(calls=2))
    assert (finished.answer.status, finished.answer.error) == ("partial", "BudgetExceededError")
    assert finished.answer.usage.calls == 2


async def test_confidential_data_never_reaches_a_cloud_model() -> None:
    cloud = ScriptedModel([], card=_card("cloud", placement="cloud", clearance=Sensitivity.CONFIDENTIAL))
    async with CoreAgent(models=dict.fromkeys(ROLES, cloud), settings=settings()) as agent:
        _, finished = await run(agent, "our admin password=hunter22222 leaks, what now?")
    assert cloud.calls == ()
    assert finished.answer.error == "NoModelError"
    assert finished.answer.label.sensitivity is Sensitivity.CONFIDENTIAL
    assert "hunter22222" not in finished.answer.text


async def test_a_planner_that_writes_nonsense_twice_leaves_a_plain_search() -> None:
    models = scripted(
        planner=["I would rather not.", "Still no JSON."],
        caller=[call("double", number=2)],
        summarizer=["It is 4 [1]."],
        verifier=[verdict()],
    )
    async with CoreAgent(models=models, tools=[double], settings=settings()) as agent:
        events, finished = await run(agent)
    assert any("a plain search is made" in event.message for event in events if isinstance(event, Warned))
    assert finished.answer.status == "complete"


async def test_wrong_arguments_are_mended_by_one_re_ask_that_quotes_the_error() -> None:
    models = scripted(
        planner=[plan({"id": "s1", "tool": "double"})],
        caller=[call("double", number="many"), call("double", number=2)],
        summarizer=["It is 4 [1]."],
        verifier=[verdict()],
    )
    async with CoreAgent(models=models, tools=[double], settings=settings()) as agent:
        _, finished = await run(agent)
    assert "number" in models["caller"].calls[1].messages[-1].content
    assert finished.answer.usage.calls == 5


async def test_tokens_are_streamed_and_add_up_to_the_draft() -> None:
    models = scripted(
        planner=[plan({"id": "s1", "tool": "double"})],
        caller=[call("double", number=2)],
        summarizer=["It is 4 [1]. It is even [1]."],
        verifier=[verdict()],
    )
    async with CoreAgent(models=models, tools=[double], settings=settings()) as agent:
        events, _ = await run(agent, tokens=True)
    assert "".join(event.text for event in events if isinstance(event, Token)) == "It is 4 [1]. It is even [1]."


async def test_a_hundred_runs_at_once_do_not_mix() -> None:
    def echo(request: Any) -> str:
        question = request.messages[-1].content.split("<question")[1].split("\n")[1]
        return f"{question} [1]."

    @tool
    def say(text: str) -> str:
        """Say something.

        Args:
            text: what to say.
        """
        return text

    models: dict[Any, Any] = {
        "planner": ScriptedModel([plan({"id": "s1", "tool": "say"})] * 100),
        "caller": ScriptedModel([call("say", text="hi")] * 100),
        "summarizer": ScriptedModel([echo] * 100),
        "verifier": ScriptedModel([verdict()] * 100),
    }
    async with CoreAgent(models=models, tools=[say], settings=settings()) as agent:
        answers = await asyncio.gather(*(agent.ask(f"question {n}") for n in range(100)))
    assert [answer.text for answer in answers] == [f"question {n} [1]." for n in range(100)]
    assert len({answer.run_id for answer in answers}) == 100


async def test_a_script_that_is_too_short_fails_the_test_instead_of_becoming_a_partial_answer() -> None:
    async with CoreAgent(models={"planner": ScriptedModel([])}, settings=settings()) as agent:
        with pytest.raises(UnexpectedModelCall):
            await agent.ask("q")


def test_without_any_model_the_error_says_how_to_add_one() -> None:
    with pytest.raises(NoModelError) as caught:
        CoreAgent(settings=settings()).system.deps.calls.router.decide(RoutingRequest(subtask="x", role="planner"))
    assert caught.value.mend.startswith("Add one that can")


def _card(name: str, *, usd: float = 0.0, **more: Any) -> ModelCard:
    base: dict[str, Any] = {
        "clearance": Sensitivity.CONFIDENTIAL,
        "context_tokens": 100_000,
        "price": Price(usd, usd),
        **more,
    }
    return ModelCard(name=name, adapter="scripted", model=name, **base)
