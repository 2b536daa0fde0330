"""Answers of endpoints are kept, and given again only to who asks for that."""

import sqlite3
from pathlib import Path

import pytest

from coreagent.front import CoreAgent
from coreagent.messages import Usage
from coreagent.models.chat import Completion
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


async def test_answers_that_nobody_waits_for_are_there_when_the_store_is_closed(tmp_path: Path) -> None:
    place = tmp_path / "answers.sqlite"
    key, completion = "ab" * 32, Completion(text="said", usage=Usage(1, 1, 1), model="m")
    answers = LateAnswers(place, soon=True)
    await answers.keep(key, completion, run="r", usd=0.1)
    answers.close()
    again = LateAnswers(place)
    found = await again.find(key)
    assert found is not None
    assert (found.text, found.replayed) == ("said", True)
    again.close()


async def test_a_store_that_can_not_be_written_costs_a_warning_not_an_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    answers = LateAnswers(tmp_path / "answers.sqlite", soon=True)
    await answers.keep("ab" * 32, Completion(text="said", usage=Usage(1, 1, 1), model="m"), run="r", usd=0.1)
    with sqlite3.connect(tmp_path / "answers.sqlite") as other:
        other.execute("DROP TABLE answer")
    other.close()
    answers.close()
    assert "no such table" in caplog.text
