"""The engine of the app over the offline system, in its own thread."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from coreagent.conversations.records import Turn
from coreagent.errors import CoreAgentError, RunError, UnknownNameError
from coreagent.events import Prompted, RunFinished, RunStarted, Token, ToolStarted
from coreagent.terminal.engine import LiveEngine
from coreagent.tui.chat.earlier import earlier_of
from coreagent.tui.seams.chat import Question


@pytest.fixture
async def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LiveEngine]:
    monkeypatch.chdir(tmp_path)
    made = LiveEngine(None, tmp_path / "home")
    yield made
    await made.close()


async def test_it_answers_with_sources_that_can_be_read(engine: LiveEngine) -> None:
    events = [timed.event async for timed in engine.chat.ask(Question(text="What is the A1 interface?"))]
    assert isinstance(events[0], RunStarted)
    finished = events[-1]
    assert isinstance(finished, RunFinished)
    assert any(isinstance(event, Prompted) for event in events)
    citation = finished.answer.citations[0]
    clause = await engine.chat.clause(citation, around=200)
    assert "A1" in clause.text[clause.start : clause.end]
    again = await engine.chat.events(finished.answer.run_id)
    told = [event for event in events if not isinstance(event, Token)]
    assert [timed.event for timed in again if not isinstance(timed.event, Token)] == told


async def test_an_answer_that_is_closed_stops_and_the_next_is_asked(engine: LiveEngine) -> None:
    stream = engine.chat.ask(Question(text="What is the A1 interface?"))
    first = await anext(aiter(stream))
    assert isinstance(first.event, RunStarted)
    await stream.aclose()
    events = [timed.event async for timed in engine.chat.ask(Question(text="What is E2?"))]
    assert isinstance(events[-1], RunFinished)


async def test_a_follow_up_searches_with_the_topic_of_the_question_before(engine: LiveEngine) -> None:
    def turn(question: str) -> Turn:
        return Turn(id="t", conversation="c", position=0, question=question, state="finished", text="It was answered.")

    async def searched(earlier: tuple[str, ...]) -> str:
        asked = Question(text="And which components does it connect?", earlier=earlier)
        events = [timed.event async for timed in engine.chat.ask(asked)]
        return " ".join(event.arguments for event in events if isinstance(event, ToolStarted))

    assert "fronthaul" not in await searched(())
    carried = await searched(earlier_of([turn("What is the open fronthaul interface?")]))
    assert "fronthaul" in carried
    assert "answered" not in carried, "only what was asked, not what was answered"


async def test_two_questions_at_once(engine: LiveEngine) -> None:
    async def ask(text: str) -> str:
        last = [timed.event async for timed in engine.chat.ask(Question(text=text))][-1]
        assert isinstance(last, RunFinished)
        return last.answer.question

    assert list(await asyncio.gather(ask("What is A1?"), ask("What is E2?"))) == ["What is A1?", "What is E2?"]


async def test_facts_models_memory_and_settings(engine: LiveEngine) -> None:
    facts = await engine.facts()
    assert facts.builtin_only
    assert "primer" in facts.corpora
    assert {state.card.name for state in await engine.models.list()} >= {"builtin/planner", "builtin/summarizer"}
    assert (await engine.models.test("builtin/summarizer")).reached
    assert await engine.memory.list() == ()
    assert await engine.memory.clear() == 0
    problem = await engine.settings.check("[routing]\nnope = 1\n")
    assert problem is not None
    assert problem.line == 2
    before = await engine.settings.read()
    await engine.settings.save('[tui]\ntheme = "light"\n', before=before.text)
    assert (await engine.settings.read()).text == '[tui]\ntheme = "light"\n'
    with pytest.raises(CoreAgentError, match="changed by somebody else"):
        await engine.settings.save("", before="something else")


async def test_corpora_are_added_searched_read_and_removed(engine: LiveEngine, tmp_path: Path) -> None:
    notes = tmp_path / "notes.md"
    notes.write_text("# Site 7\n\nThe zorbulator carries zorb frames.\n", encoding="utf-8")
    heard: list[str] = []
    added = await engine.corpora.add(
        [notes], name="notes", label="internal", progress=lambda done: heard.append(done.outcome)
    )
    assert added.added == 1
    assert heard
    assert [state.label for state in await engine.corpora.list() if state.name == "notes"] == ["internal"]
    (document,) = await engine.corpora.documents("notes")
    assert "zorbulator" in (await engine.corpora.read("notes", document.slug)).text
    found = await engine.corpora.search("zorbulator", corpora=["notes"])
    assert "zorb frames" in found[0].text
    await engine.corpora.remove("notes")
    with pytest.raises(UnknownNameError, match="notes"):
        await engine.corpora.documents("notes")


async def test_an_unknown_call_is_named(engine: LiveEngine) -> None:
    with pytest.raises(UnknownNameError, match="no-such"):
        await engine.chat.approve("no-such")


async def test_a_closed_engine_says_so(tmp_path: Path) -> None:
    engine = LiveEngine(None, tmp_path / "home")
    await engine.close()
    await engine.close()
    with pytest.raises(RunError, match="the engine is closed"):
        await engine.facts()
