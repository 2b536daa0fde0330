"""The seam between a graph and a role: a typed task in, a request out, and a typed output read back.

A role never calls a model; the graph does, so that routing, budget and repair stand in one place.
"""

import json
from typing import Any, Protocol, TypeVar

from coreagent import sections
from coreagent.events import Feedback
from coreagent.models.chat import ChatRequest, Completion
from coreagent.plans import RoleName

Task = TypeVar("Task", contravariant=True)
Output = TypeVar("Output", covariant=True)


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
