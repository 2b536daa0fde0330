"""How well the built-in models answer over the bundled primer and the default tools, beside two simple baselines.

    python -m benchmarks.builtin_answers [--failures]

The questions are those of ``builtin_questions.toml``; every third one is held out. Prints shares with 95 % Wilson
intervals for either half. ``--failures`` also lists the questions that went wrong, of the first half only.
"""

import argparse
import asyncio
import math
import re
import tempfile
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coreagent import CoreAgent
from coreagent.answer import Answer
from coreagent.events import Planned, RunFinished
from coreagent.models.builtin.sentences import passage_sentences
from coreagent.plans import Plan

QUESTIONS = Path(__file__).with_name("builtin_questions.toml")
SEARCH = "search_corpus"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A question and what is expected of its answer, as the head of the file says."""

    kind: str
    ask: str
    form: str = "open"
    tools: tuple[str, ...] = (SEARCH,)
    cites: tuple[str, ...] = ()
    cites_all: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    choice: str = ""


@dataclass(frozen=True, slots=True)
class Checks:
    """What was right; None where the question asks for nothing of the kind."""

    tool: bool | None
    form: bool | None
    cited: bool | None
    facts: bool | None
    found: bool
    outcome: str = ""
    sentences: int = 0


@dataclass(slots=True)
class Run:
    """One question, what came of it, and how the baselines did."""

    expected: Expected
    held_out: bool
    checks: Checks
    baseline: Checks
    text: str = ""
    tools: list[str] = field(default_factory=list[str])


def questions() -> list[Expected]:
    """All questions in the order of the file."""
    rows = tomllib.loads(QUESTIONS.read_text(encoding="utf-8"))["question"]
    return [_expected(row) for row in rows]


def _expected(row: dict[str, Any]) -> Expected:
    values = dict(row)
    for key in {"tools", "cites", "cites_all", "keys"} & set(row):
        values[key] = tuple(row[key])
    return Expected(**values)


def check(expected: Expected, text: str, choice: str, cited: set[str]) -> tuple[bool | None, bool | None]:
    """Whether the right document is cited, and whether the key facts (or the right option) are there."""
    wanted = expected.cites or expected.cites_all
    documents = (not expected.cites or bool(cited & set(expected.cites))) and set(expected.cites_all) <= cited
    if expected.choice:
        facts: bool | None = choice == expected.choice
    else:
        facts = all(re.search(key, text, re.I) for key in expected.keys) if expected.keys else None
    return (documents if wanted else None), facts


async def ask(agent: CoreAgent, expected: Expected) -> tuple[Checks, str, list[str]]:
    """Run one question; the first plan is the one that is judged."""
    plan: Plan | None = None
    answer: Answer | None = None
    async for event in agent.stream(expected.ask, tokens=False):
        if isinstance(event, Planned) and event.attempt == 0:
            plan = event.plan
        if isinstance(event, RunFinished):
            answer = event.answer
    assert plan is not None and answer is not None
    used = [task.tool for task in plan.subtasks]
    cited, facts = check(expected, answer.text, answer.choice, {c.document for c in answer.citations})
    found = (answer.status == "not_found") == (expected.kind == "absent")
    absent = expected.kind == "absent"
    return (
        Checks(
            None if absent else _same_tools(used, expected.tools),
            None if absent else plan.form == expected.form,
            cited,
            facts,
            found,
            answer.verdict.outcome,
            len(answer.verdict.sentences),
        ),
        answer.text,
        used,
    )


def _same_tools(used: Sequence[str], wanted: Sequence[str]) -> bool:
    """A search beside does no harm; a tool that was not wanted does, and one that is missing."""
    return set(used) | {SEARCH} == set(wanted) | {SEARCH} and set(wanted) <= set(used)


async def baseline(agent: CoreAgent, expected: Expected) -> Checks:
    """Always search, and answer with the first sentence of the top hit."""
    found = await agent.system.library.search(expected.ask, limit=1)
    best = found.hits[0].evidence if found.hits else None
    text = next(iter(passage_sentences(best.text)), "") if best else ""
    cited, facts = check(expected, text, "", {best.citation.document} if best else set())
    absent = expected.kind == "absent"
    return Checks(None if absent else set(expected.tools) == {SEARCH}, None, cited, facts, not absent)


async def run() -> list[Run]:
    """All questions, one after the other, in a fresh home."""
    runs: list[Run] = []
    with tempfile.TemporaryDirectory() as home:
        async with CoreAgent(home=home) as agent:
            for number, expected in enumerate(questions(), 1):
                checks, text, tools = await ask(agent, expected)
                simple = await baseline(agent, expected)
                runs.append(Run(expected, number % 3 == 0, checks, simple, text, tools))
    return runs


def wilson(values: Sequence[bool]) -> str:
    """Share with its 95 % Wilson score interval (Wilson 1927)."""
    total, good, z = len(values), sum(values), 1.96
    if not total:
        return f"{'-':>22}"
    share = good / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return f"{good:>3}/{total:<3} {share:4.0%} [{middle - half:4.0%},{middle + half:5.0%}]"


_COLUMNS: tuple[tuple[str, Callable[[Checks], bool | None]], ...] = (
    ("tools", lambda c: c.tool),
    ("form", lambda c: c.form),
    ("document", lambda c: c.cited),
    ("key facts", lambda c: c.facts),
    ("found or not", lambda c: c.found),
)


def line(title: str, checks: Iterable[Checks]) -> str:
    """One row of the table."""
    cells = list(checks)
    shares = [wilson([value for c in cells if (value := get(c)) is not None]) for _, get in _COLUMNS]
    return f"{title:<12}" + "".join(f"{share:<25}" for share in shares)


def report(title: str, runs: Sequence[Run], *, by_kind: bool) -> None:
    """The table of one half."""
    print(f"\n{title}: {len(runs)} questions")
    print(" " * 12 + "".join(f"{name:<25}" for name, _ in _COLUMNS))
    if by_kind:
        for kind in dict.fromkeys(one.expected.kind for one in runs):
            print(line(kind, [one.checks for one in runs if one.expected.kind == kind]))
    print(line("all", [one.checks for one in runs]))
    print(line("baseline", [one.baseline for one in runs]))
    print("verdicts:", dict(Counter(one.checks.outcome for one in runs)))
    written = [one.checks.sentences for one in runs if one.expected.kind not in ("absent", "tool", "choice")]
    print(f"sentences an answer: {sum(written) / max(1, len(written)):.2f}")


def failures(runs: Sequence[Run]) -> None:
    """What went wrong, with the answer's text."""
    for one in runs:
        c = one.checks
        wrong = [name for name, get in _COLUMNS if get(c) is False]
        if wrong:
            print(f"\n[{one.expected.kind}] {one.expected.ask!r}\n  wrong: {', '.join(wrong)}; tools {one.tools}")
            print(f"  {one.text[:700]}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--failures", action="store_true", help="list what went wrong in the first half")
    parser.add_argument("--answers", action="store_true", help="list every answer of the first half")
    options = parser.parse_args()
    runs = asyncio.run(run())
    known = [one for one in runs if not one.held_out]
    if options.answers:
        for one in known:
            print(f"\n[{one.expected.kind}] {one.expected.ask!r} {one.tools} {one.checks.outcome}\n  {one.text}")
    if options.failures:
        failures(known)
    report("dev", known, by_kind=True)
    # By kind, a handful of held-out questions would soon be known one by one.
    report("held out", [one for one in runs if one.held_out], by_kind=False)


if __name__ == "__main__":
    main()
