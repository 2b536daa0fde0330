"""The controller of a conversation, without a screen."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.tui.fakes import PENDING, FakeEngine, Step, run_of

from coreagent.budget import Budget
from coreagent.conversations.records import Asking, Turn
from coreagent.conversations.store import ConversationStore
from coreagent.errors import CoreAgentError, ModelUnreachableError, RunError, ToolArgumentsError
from coreagent.events import ApprovalGiven, ApprovalNeeded, Event, PendingCall, RunStarted, Token
from coreagent.tui.approvals.ruling import Ruling
from coreagent.tui.chat.conversing import Conversing
from coreagent.tui.chat.keeping import Keeper
from coreagent.tui.seams.chat import Timed


@dataclass
class Shown:
    """A screen that only remembers."""

    turns: list[Turn] = field(default_factory=list[Turn])
    events: list[Event] = field(default_factory=list[Event])
    problems: list[CoreAgentError] = field(default_factory=list[CoreAgentError])
    given_back: list[str] = field(default_factory=list[str])
    rulings: list[Ruling | None] = field(default_factory=list[Ruling | None])
    asked: list[PendingCall] = field(default_factory=list[PendingCall])
    on_event: Callable[[Event], None] = lambda event: None
    thinking: asyncio.Event | None = None
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)

    def began(self, turn: Turn) -> None:
        self.turns.append(turn)

    def heard(self, turn: Turn, timed: Timed) -> None:
        self.events.append(timed.event)
        self.on_event(timed.event)

    def settled(self, turn: Turn) -> None:
        self.turns.append(turn)

    async def rule(self, turn: Turn, call: PendingCall) -> Ruling | None:
        self.asked.append(call)
        self.is_asked.set()
        if self.thinking is not None:
            await self.thinking.wait()
        return self.rulings.pop(0)

    def refused(self, text: str, error: CoreAgentError) -> None:
        self.given_back.append(text)
        self.problems.append(error)

    def crashed(self, error: BaseException) -> None:
        raise error

    def problem(self, error: CoreAgentError) -> None:
        self.problems.append(error)


@dataclass
class Table:
    """A conversation with everything around it."""

    engine: FakeEngine
    shown: Shown
    keeper: Keeper
    conversing: Conversing

    @property
    def kept(self) -> tuple[Turn, ...]:
        return self.keeper.store.turns(self.conversing.conversation.id)

    async def idle(self) -> None:
        async with asyncio.timeout(10):
            await self.conversing.idle()

    async def ask(self, text: str, asking: Asking | None = None) -> Turn:
        self.conversing.ask(text, asking)
        await self.idle()
        return self.kept[-1]


@asynccontextmanager
async def table(folder: Path) -> AsyncGenerator[Table]:
    engine, shown = FakeEngine(), Shown()
    keeper = Keeper(ConversationStore(folder / "chat.sqlite"), on_problem=shown.problem)

    async def opened() -> FakeEngine:
        return engine

    conversing = Conversing(keeper.store.new(), keeper=keeper, engine=opened, listener=shown)
    try:
        yield Table(engine, shown, keeper, conversing)
    finally:
        await conversing.stop()
        await keeper.close()


async def test_a_question_is_kept_answered_and_shown(tmp_path: Path) -> None:
    async with table(tmp_path) as at:
        turn = await at.ask("What is A1?")
        assert (turn.state, turn.run_id, turn.question) == ("finished", "run-1", "What is A1?")
        assert turn.answer is not None and turn.text == turn.answer.text
        assert [shown.state for shown in at.shown.turns] == ["running", "finished"]
        assert sum(isinstance(event, Token) for event in at.shown.events) >= 8
        assert (at.conversing.spent.usd, at.conversing.spent.calls) == (0.0012, 4)


async def test_a_follow_up_carries_what_was_said_and_its_label(tmp_path: Path) -> None:
    async with table(tmp_path) as at:
        await at.ask("What is A1?")
        await at.ask("And who ends it?")
        first, second = at.engine.chat.asked
        assert first.earlier == ()
        assert second.earlier[0].startswith("What is A1?\n\nThe A1 interface")


async def test_questions_asked_meanwhile_wait_for_their_turn(tmp_path: Path) -> None:
    async with table(tmp_path) as at:
        gate = asyncio.Event()
        at.engine.chat.scripts["one"] = [RunStarted("r1", "one"), gate, *run_of("one", run_id="r1")[1:]]
        at.conversing.ask("one")
        at.conversing.ask("two")
        assert [text for text, _ in at.conversing.queue] == ["two"]
        gate.set()
        await at.idle()
        assert [(turn.question, turn.state) for turn in at.kept] == [("one", "finished"), ("two", "finished")]


async def stopped_after_a_word(at: Table) -> Turn:
    forever = asyncio.Event()
    at.engine.chat.scripts["long"] = [RunStarted("r1", "long"), Token("Half an "), forever]
    said = asyncio.Event()
    at.shown.on_event = lambda event: said.set() if isinstance(event, Token) else None
    at.conversing.ask("long")
    await said.wait()
    assert await at.conversing.stop()
    return at.kept[-1]


async def test_what_was_said_before_a_stop_is_kept_and_can_be_gone_on_with(tmp_path: Path) -> None:
    async with table(tmp_path) as at:
        turn = await stopped_after_a_word(at)
        assert (turn.state, turn.text, turn.run_id) == ("stopped", "Half an ", "r1")
        assert at.engine.chat.closed == 1
        at.conversing.go_on(turn)
        await at.idle()
        (ended,) = at.kept
        assert ended.state == "finished" and ended.id == turn.id
        assert at.conversing.spent.calls == 4


async def test_stopping_forgets_the_queue_and_nothing_is_no_error(tmp_path: Path) -> None:
    async with table(tmp_path) as at:
        assert not await at.conversing.stop()
        forever = asyncio.Event()
        at.engine.chat.scripts["one"] = [RunStarted("r1", "one"), forever]
        at.conversing.ask("one")
        at.conversing.ask("two")
        await asyncio.sleep(0)
        assert await at.conversing.stop()
        await at.idle()
        assert [turn.question for turn in at.kept] in ([], ["one"])
        assert all(turn.state == "stopped" for turn in at.kept)


async def test_a_model_that_dies_in_mid_answer_leaves_its_words_and_a_way_on(tmp_path: Path) -> None:
    async with table(tmp_path) as at:
        lost = ModelUnreachableError("the connection was lost", model="m", mend="Check the network.")
        at.engine.chat.scripts["q"] = [RunStarted("r1", "q"), Token("So far "), lost]
        turn = await at.ask("q")
        assert (turn.state, turn.text, turn.mend) == ("failed", "So far ", "Check the network.")
        assert "the connection was lost" in turn.error
        whole = await at.ask("fine")
        with pytest.raises(RunError):
            at.conversing.go_on(whole)


async def test_an_answer_again_stands_beside_the_first(tmp_path: Path) -> None:
    async with table(tmp_path) as at:
        first = await at.ask("What is A1?")
        at.conversing.again(first, Asking(models={"summarizer": "cloud/large"}))
        await at.idle()
        one, two = at.kept
        assert (one.position, two.position, two.version) == (0, 0, 1)
        assert at.engine.chat.asked[1].asking.models == {"summarizer": "cloud/large"}
        assert at.engine.chat.asked[1].earlier == ()


async def test_branches_hold_what_came_before(tmp_path: Path) -> None:
    async with table(tmp_path) as at:
        await at.ask("one")
        second = await at.ask("two")
        branch = await at.conversing.branch(second)
        before = await at.conversing.branch_before(second)
        empty = await at.conversing.branch_before(at.kept[0])
        store = at.keeper.store
        assert [turn.question for turn in store.turns(branch.id)] == ["one", "two"]
        assert [turn.question for turn in store.turns(before.id)] == ["one"]
        assert store.turns(empty.id) == ()


def writing(run_id: str = "r1") -> list[Step]:
    return [
        RunStarted(run_id, "write"),
        ApprovalNeeded(run_id, PENDING),
        ApprovalGiven(PENDING.id, True),
        *run_of("write", run_id=run_id)[1:],
    ]


async def test_a_person_allows_once(tmp_path: Path) -> None:
    async with table(tmp_path) as at:
        at.engine.chat.scripts["write"] = writing()
        at.shown.rulings = [Ruling("allow", '{"cell":"33","degrees":3}')]
        assert (await at.ask("write")).state == "finished"
        assert at.engine.chat.approved == [(PENDING.id, '{"cell":"33","degrees":3}')]
        assert at.conversing.allowed == set()


async def test_a_tool_allowed_for_the_session_is_not_asked_about_again(tmp_path: Path) -> None:
    async with table(tmp_path) as at:
        at.engine.chat.scripts["write"] = writing()
        at.shown.rulings = [Ruling("allow_session")]
        await at.ask("write")
        await at.ask("write")
        assert len(at.shown.asked) == 1
        assert at.engine.chat.approved == [(PENDING.id, None)] * 2


async def test_a_refusal_takes_its_reason_along(tmp_path: Path) -> None:
    async with table(tmp_path) as at:
        at.engine.chat.scripts["write"] = writing()
        at.shown.rulings = [Ruling("deny", reason="not in busy hour")]
        await at.ask("write")
        assert at.engine.chat.denied == [(PENDING.id, "not in busy hour")]


async def test_arguments_that_do_not_fit_are_asked_for_again(tmp_path: Path) -> None:
    async with table(tmp_path) as at:
        at.engine.chat.scripts["write"] = writing()
        at.engine.chat.refuse_edit = ToolArgumentsError("degrees: at most 12", tool="set_tilt")
        at.shown.rulings = [Ruling("allow", '{"degrees":99}'), Ruling("allow")]
        await at.ask("write")
        assert at.engine.chat.approved == [(PENDING.id, None)]
        assert [type(error) for error in at.shown.problems] == [ToolArgumentsError]


async def test_a_decision_left_for_later_waits_over_a_restart(tmp_path: Path) -> None:
    async with table(tmp_path) as at:
        at.engine.chat.scripts["write"] = writing()
        at.shown.rulings = [None]
        turn = await at.ask("write")
        assert (turn.state, turn.run_id) == ("waiting", "r1")
        at.shown.rulings = [Ruling("allow")]
        at.conversing.go_on(turn)
        await at.idle()
        assert at.kept[-1].state == "finished"
        assert at.engine.chat.approved == [(PENDING.id, None)]


async def test_an_app_closed_while_a_person_thinks_leaves_the_call_waiting(tmp_path: Path) -> None:
    async with table(tmp_path) as at:
        at.engine.chat.scripts["write"] = writing()
        at.shown.thinking = asyncio.Event()
        at.conversing.ask("write")
        async with asyncio.timeout(10):
            await at.shown.is_asked.wait()
        await at.conversing.stop()
        assert at.kept[-1].state == "waiting"


async def test_the_conversation_s_budget_is_what_it_leaves_for_each_run(tmp_path: Path) -> None:
    async with table(tmp_path) as at:
        at.conversing.budget = Budget(usd=0.002, calls=4)
        at.conversing.limits = Budget(usd=0.5, seconds=30.0)
        await at.ask("one")
        assert at.engine.chat.asked[0].asking.budget == Budget(usd=0.002, calls=4, seconds=30.0)
        at.conversing.ask("two")
        await at.idle()
        assert at.shown.given_back == ["two"]
        assert "4 calls is spent" in str(at.shown.problems[0])
        at.conversing.budget = Budget(usd=0.002)
        await at.ask("two")
        left = at.engine.chat.asked[1].asking.budget.usd
        assert left is not None and abs(left - 0.0008) < 1e-12


async def test_a_full_disk_loses_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with table(tmp_path) as at:
        await at.ask("before")
        store = at.keeper.store
        end, full = store.end, True

        def ending(*args: object, **kwargs: object) -> object:
            if full:
                raise RunError("the disk is full", mend="Free disk space.")
            return end(*args, **kwargs)  # type: ignore[arg-type]  # as they came

        monkeypatch.setattr(store, "end", ending)
        at.conversing.ask("during")
        await at.idle()
        assert at.shown.turns[-1].state == "finished" and at.shown.turns[-1].text
        assert [str(error) for error in at.shown.problems] == ["the disk is full"]
        full = False
        await at.ask("after")
        assert [(turn.question, turn.state) for turn in at.kept] == [
            ("before", "finished"),
            ("during", "finished"),
            ("after", "finished"),
        ]


async def test_a_question_that_can_not_be_kept_is_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with table(tmp_path) as at:
        await at.ask("before")

        def beginning(*args: object, **kwargs: object) -> Turn:
            raise RunError("the disk is full", mend="Free disk space.") from sqlite3.OperationalError()

        monkeypatch.setattr(at.keeper.store, "begin", beginning)
        at.conversing.ask("during")
        await at.idle()
        assert at.shown.given_back == ["during"]


async def test_an_engine_that_can_not_be_opened_is_an_answer_that_failed(tmp_path: Path) -> None:
    async with table(tmp_path) as at:

        async def broken() -> FakeEngine:
            raise RunError("the settings are wrong", mend="Mend them: F9.")

        at.conversing._engine = broken  # pyright: ignore[reportPrivateUsage]  (what opening would have given)
        turn = await at.ask("q")
        assert (turn.state, turn.mend) == ("failed", "Mend them: F9.")
