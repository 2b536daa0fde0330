"""A system that replays what it is given: no agent is ever started in a test of the app."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from coreagent.answer import Answer, Citation, Verdict
from coreagent.decision import Candidate, Decision
from coreagent.errors import CoreAgentError, UnknownNameError
from coreagent.events import (
    ApprovalNeeded,
    Event,
    ModelFinished,
    PendingCall,
    Planned,
    Routed,
    RunFinished,
    RunStarted,
    Token,
    ToolFinished,
    ToolStarted,
    Verified,
)
from coreagent.messages import Usage
from coreagent.models.card import ModelCard
from coreagent.plans import Plan, RoleName, Subtask
from coreagent.tui.seams.chat import Clause, Question, Timed
from coreagent.tui.seams.corpora import Added, Adding, CorpusState, DocumentState, Passage
from coreagent.tui.seams.engine import Facts
from coreagent.tui.seams.memory import Remembered
from coreagent.tui.seams.models import ModelState, TestCall
from coreagent.tui.seams.settings import Problem, SettingsFile

Step = Event | Exception | asyncio.Event
"""An event to tell, an error to raise, or something to wait for."""

BEGUN_S = 1_790_000_000.0
"""The Unix time of the first event; each further one comes 0.1 s later."""

PRIMER = Citation(corpus="primer", document="A1 interface", section="Policies", start=17, end=72)
TEXT = (
    "The A1 interface carries policies from the non-RT RIC, which sits in the SMO, to the near-RT RIC [1].\n\n"
    "- It is **not** on the user plane.\n\n```python\nprint('A1')\n```\n"
)


def decision(
    role: RoleName, model: str, subtask: str = "s1", *, reason: str = "cheapest above quality 0.6"
) -> Decision:
    return Decision(
        subtask=subtask,
        role=role,
        policy="cheapest() & at_least(0.6)",
        model=model,
        candidates=(
            Candidate(model=model, quality=0.7, cost_usd=0.0004, latency_s=0.8, quality_by="score"),
            Candidate(
                model="cloud/large", quality=0.9, cost_usd=0.01, latency_s=2.0, excluded="may not see internal data"
            ),
        ),
        reason=reason,
        threshold=0.6,
    )


def answer(run_id: str = "run-1", question: str = "What is A1?", text: str = TEXT, **fields: Any) -> Answer:
    made = Answer(
        run_id=run_id,
        question=question,
        text=text,
        citations=(PRIMER,),
        verdict=Verdict("supported", 0.9),
        usage=Usage(1_200, 80, 4),
        cost_usd=0.0012,
        seconds=1.4,
        decisions=(decision("summarizer", "ollama/qwen3:8b"),),
    )
    return replace(made, **fields)


def run_of(question: str, *, run_id: str = "run-1", text: str = TEXT, tokens: int = 8) -> list[Step]:
    """A whole run: a plan of three subtasks, a tool, streamed tokens, a verdict, an answer."""
    plan = Plan(
        (
            Subtask(id="s1", role="caller", instruction="find the A1 interface", tool="search_corpus"),
            Subtask(id="s2", role="caller", instruction="find its end points", tool="search_corpus"),
            Subtask(id="answer", role="summarizer", instruction="answer", depends_on=("s1", "s2")),
        )
    )
    cut = max(1, len(text) // tokens)
    return [
        RunStarted(run_id, question),
        Routed(decision("planner", "builtin/planner", "plan")),
        ModelFinished("plan", "planner", "builtin/planner", Usage(200, 20, 1), 0.0, 0.05),
        Planned(plan),
        Routed(decision("caller", "builtin/caller", "s1")),
        ToolStarted("c1", "search_corpus", '{"query":"A1 interface"}', "s1"),
        ToolFinished("c1", "search_corpus", "s1", "6 passages", 0.02),
        ModelFinished("s1", "caller", "builtin/caller", Usage(300, 20, 1), 0.0, 0.08),
        Routed(decision("summarizer", "ollama/qwen3:8b", "answer")),
        *(Token(text[at : at + cut]) for at in range(0, len(text), cut)),
        ModelFinished("answer", "summarizer", "ollama/qwen3:8b", Usage(600, 40, 1), 0.0012, 0.9, 0.2),
        Verified(Verdict("supported", 0.9), draft=text, writer="ollama/qwen3:8b"),
        RunFinished(answer(run_id, question, text)),
    ]


PENDING = PendingCall("call-1", "set_tilt", '{"cell":"33","degrees":4}', "write", "s1", "changes the network")


@dataclass
class FakeChat:
    """Replays ``scripts`` by question; a question without one gets :func:`run_of`. Approvals wait for a decision."""

    scripts: dict[str, list[Step]] = field(default_factory=dict[str, list[Step]])
    resumed: list[Step] = field(default_factory=list[Step])
    past: dict[str, tuple[Timed, ...]] = field(default_factory=dict[str, tuple[Timed, ...]])
    asked: list[Question] = field(default_factory=list[Question])
    approved: list[tuple[str, str | None]] = field(default_factory=list[tuple[str, str | None]])
    denied: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    closed: int = 0
    refuse_edit: CoreAgentError | None = None

    async def ask(self, question: Question) -> AsyncGenerator[Timed]:
        self.asked.append(question)
        steps = self.scripts.get(question.text) or run_of(question.text, run_id=f"run-{len(self.asked)}")
        async for timed in self._play(steps):
            yield timed

    async def resume(self, run_id: str) -> AsyncGenerator[Timed]:
        steps = self.resumed or run_of("resumed", run_id=run_id)
        async for timed in self._play(steps):
            yield timed

    async def _play(self, steps: Sequence[Step]) -> AsyncGenerator[Timed]:
        try:
            for place, step in enumerate(steps):
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, asyncio.Event):
                    await step.wait()
                else:
                    decided = len(self.approved) + len(self.denied)
                    yield Timed(BEGUN_S + place / 10, step)
                    if isinstance(step, ApprovalNeeded) and len(self.approved) + len(self.denied) == decided:
                        return
                await asyncio.sleep(0)
        finally:
            self.closed += 1

    async def pending(self, run_id: str) -> tuple[PendingCall, ...]:
        return (PENDING,)

    async def approve(self, call_id: str, arguments: str | None = None) -> None:
        if arguments is not None and self.refuse_edit is not None:
            raise self.refuse_edit
        self.approved.append((call_id, arguments))

    async def deny(self, call_id: str, reason: str = "") -> None:
        self.denied.append((call_id, reason))

    async def events(self, run_id: str) -> tuple[Timed, ...]:
        if run_id in self.past:
            return self.past[run_id]
        return events_of(run_of("past", run_id=run_id))

    async def clause(self, citation: Citation, *, around: int = 4_000) -> Clause:
        text = (
            "# A1 interface\n\nThe A1 interface carries policies from the non-RT RIC to the near-RT RIC.\n\nMore text."
        )
        return Clause(citation=citation, title=citation.document, text=text, start=16, end=60, after=True)


def events_of(steps: Sequence[Step]) -> tuple[Timed, ...]:
    """What would be heard of these steps."""
    heard = [step for step in steps if not isinstance(step, (Exception, asyncio.Event))]
    return tuple(Timed(BEGUN_S + place / 10, event) for place, event in enumerate(heard))


@dataclass
class FakeModels:
    """Two models, one of them in trouble."""

    fixed: list[tuple[str, str | None]] = field(default_factory=list[tuple[str, str | None]])
    added: list[tuple[str, dict[str, Any]]] = field(default_factory=list[tuple[str, dict[str, Any]]])
    states: tuple[ModelState, ...] = (
        ModelState(
            card=ModelCard(name="builtin/summarizer", adapter="builtin", model="summarizer", roles=("summarizer",)),
            price="free",
        ),
        ModelState(
            card=ModelCard(
                name="ollama/qwen3:8b",
                adapter="openai_compatible",
                model="qwen3:8b",
                params_b=8.2,
                quality=0.7,
                placement="site",
            ),
            price="free",
            health="failed 3 times, tried again in 20 s",
            measured_ttft_s=0.21,
            measured_tpot_s=0.02,
            fixed_for=("summarizer",),
        ),
    )

    async def list(self) -> tuple[ModelState, ...]:
        return self.states

    async def test(self, model: str) -> TestCall:
        if model.startswith("builtin/"):
            return TestCall(model=model, reached=True, latency_ms=1.0, tools=True, json_schema=True, streaming=True)
        return TestCall(model=model, reached=False, problems=("connection refused. Start the server.",))

    async def fix(self, role: RoleName, model: str | None) -> None:
        self.fixed.append((role, model))

    async def add(self, name: str, fields: dict[str, Any]) -> None:
        self.added.append((name, fields))


@dataclass
class FakeCorpora:
    """The primer and one corpus."""

    added: list[tuple[Path, ...]] = field(default_factory=list[tuple[Path, ...]])
    removed: list[str] = field(default_factory=list[str])

    async def list(self) -> tuple[CorpusState, ...]:
        return (
            CorpusState(name="primer", label="public", documents=39, chunks=410, characters=180_000, read_only=True),
            CorpusState(name="oran-specs", label="internal", documents=109, chunks=24_000, characters=9_000_000),
        )

    async def documents(self, corpus: str) -> tuple[DocumentState, ...]:
        return (DocumentState(slug="a1", title="A1 interface", format="markdown", chunks=9, characters=4_000),)

    async def read(self, corpus: str, document: str) -> Clause:
        return await FakeChat().clause(PRIMER)

    async def add(
        self, paths: Sequence[Path], *, name: str, label: str = "", progress: Callable[[Adding], None] | None = None
    ) -> Added:
        self.added.append(tuple(paths))
        for place, path in enumerate(paths, 1):
            if progress is not None:
                progress(Adding(files=place, total=len(paths), chunks=10 * place, path=str(path), outcome="added"))
            await asyncio.sleep(0)
        return Added(corpus=name, added=len(paths), replaced=0, unchanged=0, chunks=10 * len(paths), seconds=0.1)

    async def search(self, query: str, *, corpora: Sequence[str] = (), limit: int = 20) -> tuple[Passage, ...]:
        return (Passage(citation=PRIMER, text="The A1 interface carries policies.", score=0.83),)

    async def remove(self, corpus: str) -> None:
        self.removed.append(corpus)


@dataclass
class FakeMemory:
    """Two items."""

    items: list[Remembered] = field(
        default_factory=lambda: [
            Remembered(id="m1", kind="fact", text="Our cells are on band n78.", label="internal", created_s=BEGUN_S),
            Remembered(id="m2", kind="episode", text="What is A1? An interface.", label="public", created_s=BEGUN_S),
        ]
    )

    async def list(self, words: str = "", *, limit: int = 200) -> tuple[Remembered, ...]:
        return tuple(item for item in self.items if words.lower() in item.text.lower())

    async def forget(self, item: str) -> None:
        if item not in {kept.id for kept in self.items}:
            raise UnknownNameError("memory item", item, [kept.id for kept in self.items])
        self.items = [kept for kept in self.items if kept.id != item]

    async def clear(self) -> int:
        count = len(self.items)
        self.items.clear()
        return count


@dataclass
class FakeSettings:
    """One file in memory; a text with the word wrong in it is wrong."""

    text: str = '[tui]\ntheme = "dark"\n'
    saved: list[str] = field(default_factory=list[str])

    async def read(self) -> SettingsFile:
        return SettingsFile(path="coreagent.toml", text=self.text, exists=True)

    async def check(self, text: str) -> Problem | None:
        if "wrong" in text:
            line = next(number for number, row in enumerate(text.splitlines(), 1) if "wrong" in row)
            return Problem(message="tui.wrong: unknown key", mend="Known here: theme.", line=line)
        return None

    async def save(self, text: str, *, before: str) -> None:
        self.saved.append(text)
        self.text = text


@dataclass
class FakeEngine:
    """The whole fake system."""

    chat: FakeChat = field(default_factory=FakeChat)
    models: FakeModels = field(default_factory=FakeModels)
    corpora: FakeCorpora = field(default_factory=FakeCorpora)
    memory: FakeMemory = field(default_factory=FakeMemory)
    settings: FakeSettings = field(default_factory=FakeSettings)
    known: Facts = field(
        default_factory=lambda: Facts(
            version="0.1.0",
            home="home",
            builtin_only=False,
            models={"summarizer": ("builtin/summarizer", "ollama/qwen3:8b")},
            corpora=("primer", "oran-specs"),
            flags=("size", "energy"),
        )
    )
    closed: bool = False

    async def facts(self) -> Facts:
        return self.known

    async def close(self) -> None:
        self.closed = True
