"""The caller: one subtask into tool calls with arguments that fit."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from coreagent import sections
from coreagent.agents.prompt import messages
from coreagent.agents.role import render_feedback
from coreagent.errors import CoreAgentError
from coreagent.events import Feedback
from coreagent.messages import ToolCall
from coreagent.models.chat import ChatRequest, Completion, ToolSpec
from coreagent.plans import RoleName, Subtask

CheckCall = Callable[[ToolCall], object]
"""Validates the arguments of a call; raises a :class:`CoreAgentError` or ValueError that says what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerTask:
    """What to call for. ``results`` are the texts of the subtasks this one depends on, by their ids."""

    subtask: Subtask
    question: str
    tools: tuple[ToolSpec, ...]
    results: tuple[tuple[str, str], ...] = ()
    profile: str = ""
    feedback: tuple[Feedback, ...] = ()


@dataclass(frozen=True, slots=True)
class CallerOutput:
    """``calls`` to run, or none and a ``text`` that says what is missing."""

    calls: tuple[ToolCall, ...]
    text: str = ""


class Caller:
    """``check`` validates each call's arguments; without it only the name and the JSON are checked."""

    name: RoleName = "caller"

    def __init__(self, check: CheckCall | None = None) -> None:
        self._check = check

    def request(self, task: CallerTask) -> ChatRequest:
        """Ask for native tool calls. The planned tool must be called when it is at hand."""
        names = {tool.name for tool in task.tools}
        choice = task.subtask.tool if task.subtask.tool in names else "required" if names else "none"
        return ChatRequest(
            messages=messages(
                "caller",
                system={"profile": task.profile},
                user={
                    "question": sections.render("question", task.question),
                    "instruction": sections.render("instruction", task.subtask.instruction, id=task.subtask.id),
                    "results": "\n".join(
                        sections.render("result", text, subtask=origin) for origin, text in task.results
                    ),
                    "feedback": render_feedback(task.feedback),
                },
            ),
            tools=task.tools,
            tool_choice=choice,
        )

    def read(self, task: CallerTask, completion: Completion) -> CallerOutput:
        """Read the calls.

        Raises:
            ValueError: an unknown tool, or arguments that are no JSON object or do not fit the tool.
        """
        known = sorted(tool.name for tool in task.tools)
        for call in completion.tool_calls:
            if call.name not in known:
                raise ValueError(f"there is no tool {call.name!r}; the tools are: {', '.join(known) or 'none'}")
            self._check_arguments(call)
        if not completion.tool_calls and not completion.text.strip():
            raise ValueError("neither a tool call nor a text that says which argument is missing")
        return CallerOutput(completion.tool_calls, completion.text.strip())

    def _check_arguments(self, call: ToolCall) -> None:
        try:
            arguments = json.loads(call.arguments or "{}")
        except (json.JSONDecodeError, RecursionError) as error:
            raise ValueError(f"the arguments of {call.name} are not valid JSON: {error}") from error
        if not isinstance(arguments, dict):
            raise ValueError(f"the arguments of {call.name} must be one JSON object")
        if self._check is None:
            return
        try:
            self._check(call)
        except CoreAgentError as error:
            raise ValueError(f"{error} {error.mend}".strip()) from error
