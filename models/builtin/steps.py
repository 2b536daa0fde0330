"""The step protocol for the built-in planner and caller: the same rules, one part of the request at a time.

The planner makes its plan as for a whole request, sees in the history which parts are settled, and thinks of the first
that is not. A part is settled by a useful observation, or given up after ``MAX_TRIES`` failures.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from coreagent import sections
from coreagent.messages import Message, ToolCall
from coreagent.models.builtin.base import named
from coreagent.models.builtin.markers import is_empty_handed
from coreagent.models.chat import ChatRequest
from coreagent.sections import Section, first

MAX_TRIES = 2
"""Failures after which a part of the request is left."""

Answer = Callable[[ChatRequest], tuple[str, tuple[ToolCall, ...]]]

_TURN = re.compile(r"^(user|assistant|caller|observation|conclusion): ", re.MULTILINE)
_WISH = re.compile(r"Use (?P<tool>\S+) for: (?P<instruction>.*?)\s*Next: caller\.", re.DOTALL)
_WEAK = re.compile(r"\s*Low confidence")


@dataclass(frozen=True, slots=True)
class _Step:
    """One call that was made. ``weak``: it gave something, though perhaps not what was wanted."""

    tool: str
    observation: str
    failed: bool = False
    weak: bool = False
    broken: bool = False


def is_step(found: tuple[Section, ...]) -> bool:
    """True for a request of the step protocol: it has a history, if only an empty one."""
    return bool(named(found, "history"))


def next_thought(found: tuple[Section, ...], plan: Answer) -> str:
    """The planner's turn, ending in whose turn is next."""
    steps, verdicts = _steps_of(first(found, "history"))
    settled, failures = _settled(steps)
    # Only a tool that broke is to be avoided: a search that found nothing can be worded differently.
    told = [f"{step.tool if step.broken else 'search'}: {step.observation[:200]}" for step in failures]
    parts = _parts_of(found, [*verdicts, *told], plan)
    usable = [step for step in steps if not step.failed or step.weak]
    if settled < len(parts) and named(found, "tool") and _calls_left(found) > 0:
        part = parts[settled]
        again = "That did not help. " if failures else ""
        # A tag inside the request must not be taken for ours.
        asked = re.sub(r"\bNext:", "Next", " ".join(str(part["instruction"]).split()))
        return f"{again}Use {part['tool'] or 'any'} for: {asked} Next: caller."
    if usable:
        return "The observations hold what can be found. Next: conclusion."
    return "No call gave anything useful. Next: give up."


def call_for_thought(
    request: ChatRequest, found: tuple[Section, ...], call: Answer
) -> tuple[str, tuple[ToolCall, ...]]:
    """The caller's turn: the thought as an instruction, then the same caller as ever."""
    thought, question = first(found, "thought"), first(found, "question")
    wish = _WISH.search(thought)
    names = [tool.name for tool in request.tools]
    mentioned = [name for name in names if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", thought)]
    tool = wish["tool"] if wish else next(iter(mentioned), "")
    useful = [step.observation for step in _steps_of(first(found, "history"))[0] if not step.failed]
    asked = [
        sections.render("question", question),
        *(sections.render("result", text) for text in useful),
        sections.render("instruction", wish["instruction"] if wish else question),
    ]
    text, calls = call(
        ChatRequest(
            messages=(Message.user("\n".join(asked)),),
            tools=request.tools,
            tool_choice=tool if tool in names else "required",
        )
    )
    return (text, calls) if calls else (f"Action: none\n{text}", ())


def _steps_of(history: str) -> tuple[list[_Step], list[str]]:
    """The calls since the last conclusion, and what was found wrong with conclusions."""
    pieces = _TURN.split(history)
    steps: list[_Step] = []
    verdicts: list[str] = []
    tool, concluded = "", False
    for speaker, body in zip(pieces[1::2], pieces[2::2], strict=True):
        if speaker == "caller":
            named_tool = re.match(r"Action: (\S+)", body)
            tool = named_tool[1] if named_tool else ""
        elif speaker == "observation" and concluded:
            verdicts.append(body.strip())
        elif speaker == "observation":
            weak, broken = bool(_WEAK.match(body)), body.startswith("error:")
            failed = weak or broken or is_empty_handed(body)
            steps.append(_Step(tool, body.strip(), failed=failed, weak=weak, broken=broken))
        concluded = speaker == "conclusion"
        if concluded:
            steps = []
    return steps, verdicts


def _settled(steps: Sequence[_Step]) -> tuple[int, list[_Step]]:
    """How many parts are done with, and the failures of the part at hand."""
    settled, failures = 0, list[_Step]()
    for step in steps:
        failures = [*failures, step] if step.failed else []
        if not step.failed or len(failures) >= MAX_TRIES:
            settled, failures = settled + 1, []
    return settled, failures


def _parts_of(found: tuple[Section, ...], failures: Sequence[str], plan: Answer) -> list[dict[str, Any]]:
    """The parts of the request, planned as a whole with the failures as feedback."""
    told = [sections.render("feedback", text, source="tool") for text in failures]
    kept = [
        sections.render(section.name, section.body, **section.attributes)
        for section in found
        if section.name in ("question", "tool", "corpus", "memory")
    ]
    text, _ = plan(ChatRequest(messages=(Message.user("\n".join([*kept, *told])),)))
    parts: list[dict[str, Any]] = json.loads(text)["subtasks"]
    return parts


def _calls_left(found: tuple[Section, ...]) -> int:
    left = named(found, "history")[0].attributes.get("calls_left", "1")
    return int(left) if left.isdigit() else 1
