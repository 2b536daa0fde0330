"""Answers of endpoints are kept, and given again only to who asks for that."""

from pathlib import Path

from coreagent.front import CoreAgent
from coreagent.settings import ModelSettings, Settings
from coreagent.testing.openai_server import OpenAIServer
from coreagent.wiring.answers import LateAnswers

QUESTION = "What is the A1 interface?"


def settings(base_url: str) -> Settings:
    model = ModelSettings(base_url=base_url, roles=("summarizer",), price="free", quality=0.9)
    return Settings(models={"v/m": model})


async def test_a_request_that_was_answered_is_sent_again_unless_answers_are_reused(tmp_path: Path) -> None:
    async with OpenAIServer(["It carries policies [1].", "It carries policies [1]."]) as server:
        texts: list[str] = []
        for reuse in (False, False, True):
            async with CoreAgent(settings=settings(server.base_url), home=tmp_path, reuse_answers=reuse) as agent:
                texts.append((await agent.ask(QUESTION)).text)
        assert len(server.requests) == 2
        assert len(set(texts)) == 1


async def test_models_in_this_process_leave_no_store(tmp_path: Path) -> None:
    async with CoreAgent(home=tmp_path) as agent:
        await agent.ask(QUESTION)
    assert not (tmp_path / "runs" / "answers.sqlite").exists()


async def test_old_answers_can_be_forgotten(tmp_path: Path) -> None:
    async with (
        OpenAIServer(["It carries policies [1]."]) as server,
        CoreAgent(settings=settings(server.base_url), home=tmp_path) as agent,
    ):
        await agent.ask(QUESTION)
    answers = LateAnswers(tmp_path / "runs" / "answers.sqlite")
    assert answers.prune(older_than_s=3600) == 0
    assert answers.prune(older_than_s=-1) == 1
    answers.close()
    assert LateAnswers(tmp_path / "nothing.sqlite").prune(older_than_s=0) == 0
