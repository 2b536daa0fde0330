"""The seam between a graph and a role: a typed task in, a request out, and a typed output read back.

A role never calls a model; the graph does, so that routing, budget and repair stand in one place.
"""

import json
import re
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from coreagent import sections
from coreagent.events import Feedback
from coreagent.models.chat import ChatRequest, Completion
from coreagent.plans import RoleName

Task = TypeVar("Task", contravariant=True)
Output = TypeVar("Output", covariant=True)
File = TypeVar("File", bound=BaseModel)

_FENCE = re.compile(r"^\s*```[a-z]*\s*\n(.*?)\n?\s*```\s*$", re.DOTALL)


class Role(Protocol[Task, Output]):
    """Planner, caller, summarizer or verifier."""

    @property
    def name(self) -> RoleName:
        """Which of the four."""
        ...

    def request(self, task: Task) -> ChatRequest:
        """What to ask a model."""
        ...

    def read(self, task: Task, completion: Completion) -> Output:
        """Read the answer to :meth:`request` of the same task.

        Raises:
            ValueError: it does not fit; the text says why, in words a model can mend it by.
        """
        ...


def read_json(text: str, kind: type[File]) -> File:
    """Read a JSON answer, in a code fence or between other words or bare.

    Raises:
        ValueError: no JSON object, or one that does not fit; each fault is named with its place.
    """
    fenced = _FENCE.match(text)
    raw = (fenced[1] if fenced else text).strip()
    if not raw.startswith("{"):
        start, end = raw.find("{"), raw.rfind("}")
        if start < 0 or end < start:
            raise ValueError("the answer holds no JSON object")
        raw = raw[start : end + 1]
    try:
        return kind.model_validate_json(raw)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc']) or 'the whole text'}: {fault['msg']}"
            for fault in error.errors()[:5]
        )
        raise ValueError(faults) from error


def render_feedback(feedback: tuple[Feedback, ...]) -> str:
    """Feedback as sections, oldest first."""
    return "\n".join(
        sections.render("feedback", item.text, source=item.source, subtask=item.subtask) for item in feedback
    )


def render_notes(tag: str, items: tuple[str, ...]) -> str:
    """One section for each text."""
    return "\n".join(sections.render(tag, item) for item in items)


def compact_json(value: Any) -> str:
    """JSON without needless white space, in the order given."""
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
