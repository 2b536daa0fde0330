"""The cascade in the graph: cheap first, the verifier's calibrated score decides, another family writes afresh."""

from typing import Any

import pytest
from tests.graphs.rewiring import double, model_card, rewire, run, settings, usual
from tests.graphs.scripts import verdict
from tests.graphs.stepping import text_call

from coreagent import Budget, CoreAgent, Escalated, Verified, Warned
from coreagent.agents.planning import SinglePath, shortfall
from coreagent.answer import Verdict
from coreagent.decision import Decision
from coreagent.errors import ModelUnreachableError, RunError
from coreagent.graphs.learners import MemoryLearner
from coreagent.routing.policies import best, cascade, cheapest_above
from coreagent.testing import ScriptedModel


def writer(name: str, *answers: str, usd: float = 0.0, quality: float = 0.7, family: str = "") -> ScriptedModel:
    return ScriptedModel(answers, card=model_card(name, usd=usd, quality=quality, family=family or name))


def agent_of(models: Any, *writers: ScriptedModel, accept: float | None = 0.8, **agent: Any) -> CoreAgent:
    policy = cheapest_above(quality=0.6) if accept is None else cascade(accept=accept)
    return CoreAgent(
        models={**models, "summarizer": list(writers)}, tools=[double], settings=settings(**agent), policy=policy
    )


def plus(score: float) -> float:
    return score + 0.4


def halved(score: float) -> float:
    return score / 2


async def test_a_supported_draft_below_the_bound_goes_to_another_family_afresh() -> None:
    weak, sibling = writer("weak", "It may be 4 [1]."), writer("sibling", usd=1, quality=0.8, family="weak")
    strong = writer("strong", "It is 4 [1].", usd=2, quality=0.9)
    models = usual(verifier=[verdict(score=0.6), verdict(score=0.95)])
    async with agent_of(models, weak, sibling, strong) as agent:
        events, answer = await run(agent)
    escalated = next(event for event in events if isinstance(event, Escalated))
    assert (escalated.from_model, escalated.to_model) == ("weak", "strong")
    assert escalated.reason == "the verifier gave the draft 0.60, and 0.8 is asked for"
    assert all("It may be 4" not in message.content for message in strong.calls[0].messages)
    assert answer.text == "It is 4 [1]."
    assert sibling.calls == ()


async def test_without_a_cascade_a_supported_draft_stands_as_before() -> None:
    weak, strong = writer("weak", "It may be 4 [1]."), writer("strong", usd=2, quality=0.9)
    async with agent_of(usual(verifier=[verdict(score=0.1)]), weak, strong, accept=None) as agent:
        events, answer = await run(agent)
    assert answer.text == "It may be 4 [1]."
    assert not any(isinstance(event, Escalated) for event in events)


async def test_the_score_is_calibrated_before_it_is_compared() -> None:
    weak, strong = writer("weak", "It may be 4 [1]."), writer("strong", usd=2, quality=0.9)
    async with agent_of(usual(verifier=[verdict(score=0.5)]), weak, strong) as agent:
        rewire(agent, calibrate=plus)
        events, _ = await run(agent)
    assert not any(isinstance(event, Escalated) for event in events)
    assert [event.verdict.score for event in events if isinstance(event, Verified)] == [0.5]


async def test_the_better_of_both_drafts_is_kept() -> None:
    weak, strong = writer("weak", "It may be 4 [1]."), writer("strong", "It is 5 [1].", usd=2, quality=0.9)
    models = usual(verifier=[verdict(score=0.7), verdict("partly_supported", score=0.3)])
    async with agent_of(models, weak, strong) as agent:
        _, answer = await run(agent)
    assert (answer.text, answer.verdict.score) == ("It may be 4 [1].", 0.7)


async def test_each_step_of_a_cascade_is_a_model_that_had_no_turn_yet() -> None:
    a, b, c = (writer(name, f"{name} [1].", usd=usd, quality=0.7 + usd / 10) for usd, name in enumerate("abc"))
    models = usual(verifier=[verdict(score=0.5), verdict(score=0.6), verdict(score=0.7)])
    async with agent_of(models, a, b, c, max_escalations=5) as agent:
        events, answer = await run(agent)
    ways = [(event.from_model, event.to_model) for event in events if isinstance(event, Escalated)]
    assert ways == [("a", "c"), ("c", "b")]
    assert answer.text == "b [1]."
    assert answer.usage.calls == 2 + 3 + 3


async def test_the_step_loop_escalates_afresh_too() -> None:
    weak, strong = writer("weak", "conclusion: It may be 4 [1]."), writer("strong", "It is 4 [1].", usd=2, quality=0.9)
    models = usual(
        planner=["Double it. Next: caller.", "All is known. Next: conclusion."],
        caller=[text_call("double", '{"number": 2}')],
        verifier=[verdict(score=0.6), verdict(score=0.9)],
    )
    async with agent_of(models, weak, strong, graph="tool_use") as agent:
        _, answer = await run(agent)
    assert answer.text == "It is 4 [1]."
    assert all("It may be 4" not in message.content for message in strong.calls[0].messages)


@pytest.mark.parametrize(
    ("outcome", "score", "accept", "escalates"),
    [
        ("unsupported", 0.99, 0.1, True),
        ("unsupported", 0.99, None, True),
        ("partly_supported", 0.9, None, True),
        ("partly_supported", 0.9, 0.8, False),
        ("supported", 0.79, 0.8, True),
        ("supported", 0.8, 0.8, False),
        ("supported", 0.0, None, False),
        ("not_found", 0.0, 0.8, False),
        ("unverified", 0.0, 0.8, False),
    ],
)
def test_both_the_label_and_the_score_count(
    outcome: Any, score: float, accept: float | None, *, escalates: bool
) -> None:
    found = Verdict(outcome, score)
    assert bool(shortfall(found, score=score, accept=accept)) is escalates
    assert SinglePath().escalates(found, escalations=0, score=score, accept=accept) is escalates
    assert not SinglePath(max_escalations=1).escalates(found, escalations=1, score=score, accept=accept)


class Memory:
    def __init__(self) -> None:
        self.learned: list[tuple[str, str, str, float]] = []

    def learn(self, role: str, domain: str, model: str, quality: float) -> None:
        self.learned.append((role, domain, model, quality))


async def test_only_the_writers_learn_from_their_own_verdicts() -> None:
    memory = Memory()
    weak, strong = writer("weak", "It may be 4 [1]."), writer("strong", "It is 4 [1].", usd=2, quality=0.9)
    async with agent_of(usual(verifier=[verdict(score=0.6), verdict(score=1.0)]), weak, strong) as agent:
        rewire(agent, calls={"learners": (MemoryLearner(memory),)}, calibrate=halved)
        await run(agent)
    assert memory.learned == [("summarizer", "", "weak", 0.3), ("summarizer", "", "strong", 0.5)]


async def test_a_draft_that_found_nothing_says_nothing_of_its_writer() -> None:
    memory = Memory()
    weak = writer("weak", "NOT FOUND: no evidence.")
    async with agent_of(usual(verifier=[]), weak, max_replans=0) as agent:
        rewire(agent, calls={"learners": (MemoryLearner(memory),)})
        await run(agent)
    assert memory.learned == []


async def test_a_fallback_that_answered_gets_the_verdict() -> None:

    memory = Memory()
    down = ScriptedModel([ModelUnreachableError("refused", model="down")], card=model_card("down", quality=0.7))
    spare = writer("spare", "It is 4 [1].", usd=1)
    async with agent_of(usual(), down, spare) as agent:
        rewire(agent, calls={"learners": (MemoryLearner(memory),)})
        await run(agent)
    assert memory.learned == [("summarizer", "", "spare", 0.9)]


async def test_a_learner_that_fails_costs_a_warning() -> None:
    class Full:
        def learn(self, decision: Decision, quality: float) -> None:
            raise RunError("the disk is full")

    async with agent_of(usual(), writer("weak", "It is 4 [1].")) as agent:
        rewire(agent, calls={"learners": (Full(),)})
        events, answer = await run(agent)
    assert answer.status == "complete"
    assert any("the disk is full" in event.message for event in events if isinstance(event, Warned))


async def test_the_draft_stays_when_the_next_model_does_not_fit_the_budget() -> None:
    weak, strong = writer("weak", "It may be 4 [1].", usd=1), writer("strong", usd=100, quality=0.9)
    async with agent_of(usual(verifier=[verdict(score=0.5)]), weak, strong) as agent:
        answer = await agent.ask("What is twice two?", budget=Budget(usd=0.01))
    assert (answer.status, answer.error, answer.text) == ("partial", "BudgetExceededError", "It may be 4 [1].")
    assert strong.calls == ()


async def test_a_model_whose_whole_answer_does_not_fit_the_budget_is_passed_over_for_one_that_does() -> None:
    cheap, dear = writer("cheap", "It is 4 [1].", usd=0.1), writer("dear", usd=1, quality=0.9)
    models: dict[Any, Any] = {**usual(), "summarizer": [cheap, dear]}
    # An expected answer of the dear one would fit, and the longest that it may write would not.
    async with CoreAgent(models=models, tools=[double], settings=settings(), policy=best()) as agent:
        answer = await agent.ask("What is twice two?", budget=Budget(usd=0.0014))
    assert (answer.status, answer.text) == ("complete", "It is 4 [1].")
    shown = {entry.model: entry for entry in answer.decisions[-2].candidates}
    assert shown["dear"].excluded.startswith("predicted $")
    assert shown["dear"].most_usd > 0.0014 > shown["dear"].cost_usd
