"""A system without traces keeps nothing of its runs, and forgets each before the next."""

from pathlib import Path

import pytest

from coreagent.front import CoreAgent
from coreagent.routing.policies import BanditMemory, bandit, best
from coreagent.settings import Environment, Settings, parse_settings
from coreagent.testing.openai_server import OpenAIServer
from coreagent.wiring.system import build_system

TRACES = {"runs.sqlite", "checkpoints.sqlite", "memory.sqlite", "spans.jsonl"}
QUESTION = "What does the A1 interface connect?"


def files(folder: Path) -> set[str]:
    """Names of the files that a run could leave; what is made of the bundled primer is not of the run."""
    return {path.name for path in folder.rglob("*")} & TRACES


async def test_with_traces_a_run_is_kept_and_without_them_it_is_not(tmp_path: Path) -> None:
    for traces in (True, False):
        home = tmp_path / str(traces)
        system = build_system(Settings(), Environment({}), home=home, traces=traces)
        answer = await system.session.ask(QUESTION)
        assert answer.status == "complete"
        await system.close()
        assert files(home) == (
            {"runs.sqlite", "checkpoints.sqlite", "memory.sqlite", "spans.jsonl"} if traces else set()
        )


async def test_without_traces_nothing_is_remembered(tmp_path: Path) -> None:
    system = build_system(parse_settings({"agent": {"memory": True}}), Environment({}), home=tmp_path, traces=False)
    first = await system.session.ask(QUESTION)
    assert await system.memory.recall(QUESTION, label=first.label, limit=4) == ()
    await system.close()


async def test_an_answer_is_not_lost_because_measurements_can_not_be_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = OpenAIServer(["NOT FOUND: nothing."] * 4)
    async with server:
        model = {"base_url": server.base_url, "roles": ["summarizer"], "price": "free"}
        system = build_system(parse_settings({"models": {"v/m": model}}), Environment({}), home=tmp_path)
        answer = await system.session.ask(QUESTION)
        (tmp_path / "models" / "measured.sqlite").mkdir(parents=True)
        await system.close()
    assert answer.status == "not_found"
    assert "how fast models were is not kept" in caplog.text


async def test_a_bandit_given_in_python_hears_verdicts(tmp_path: Path) -> None:
    memory = BanditMemory(tmp_path / "verdicts.sqlite")
    async with CoreAgent(policy=bandit(memory) | best(), home=tmp_path) as agent:
        answer = await agent.ask("What is the A1 interface?")
    decision = next(entry for entry in answer.decisions if entry.role == "summarizer")
    assert memory.tallies("summarizer", decision.domain)["builtin/summarizer"].number == 1
    memory.close()
