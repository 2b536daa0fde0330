"""What the tests of conversations share."""

import subprocess
import sys
from pathlib import Path

from coreagent.answer import Answer, Citation, SentenceCheck, Verdict
from coreagent.budget import Budget
from coreagent.conversations.records import Asking
from coreagent.conversations.store import ConversationStore
from coreagent.decision import Candidate, Decision
from coreagent.labels import Label, Sensitivity
from coreagent.messages import Usage

ASKING = Asking(
    corpora=("oran", "primer"),
    models={"summarizer": "v/m"},
    flags={"size": 0.3},
    budget=Budget(usd=0.5, calls=3),
    graph="tool_use",
)


class Clock:
    """A millisecond goes by whenever somebody looks."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


def answer(text: str = "A1 carries policies [1].", *, question: str = "What is A1?", usd: float = 0.25) -> Answer:
    """An answer with something in every field."""
    candidates = (Candidate(model="v/m", quality=0.8, latency_s=1.5), Candidate(model="w", excluded="too dear"))
    decision = Decision(
        subtask="s1",
        role="summarizer",
        policy="cheapest",
        model="v/m",
        candidates=candidates,
        reason="the only one | of its <kind>",
        threshold=0.5,
        fallbacks=("w",),
        notes=("a note",),
    )
    return Answer(
        run_id="r1",
        question=question,
        text=text,
        citations=(Citation(corpus="oran", document="A1 <spec>", section="5 > 5.1", start=3, end=9, page=2),),
        verdict=Verdict("supported", 0.75, (SentenceCheck(text, True, (1,)),), ("none",)),
        choice="B",
        label=Label(Sensitivity.CONFIDENTIAL, trusted=False),
        usage=Usage(100, 20, 2),
        cost_usd=usd,
        seconds=1.5,
        decisions=(decision,),
        notes=("built-in models, no LLM",),
        error="BudgetExceededError",
        mend="Give more.",
    )


def said(store: ConversationStore, conversation: str, question: str, text: str = "yes") -> str:
    """A finished turn; gives its id."""
    turn = store.begin(conversation, question)
    store.end(turn.id, "finished", text=text)
    return turn.id


def child(code: str, *arguments: str | Path) -> "subprocess.Popen[str]":
    """Another process that runs ``code``."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process: "subprocess.Popen[str]") -> str:
    """What it printed; it must have ended well."""
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return out
