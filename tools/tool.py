"""The seam to everything an agent can do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from pydantic import BaseModel

from coreagent.answer import Evidence
from coreagent.events import FeedbackSource
from coreagent.labels import PUBLIC, Label, Sensitivity

Effect = Literal["read", "write", "dangerous"]
"""read: changes nothing. write: changes something that can be undone. dangerous: all else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolInfo:
    """What is known of a tool before it runs.

    ``arguments`` is the pydantic model its arguments must fit. ``clearance`` is the strictest label of data that may
    be passed in. ``timeout_s`` bounds one run in seconds. ``source`` is ``sibling`` when another core-agent stands
    behind it. ``parameters`` is the JSON Schema shown to models. ``fitted_on`` are fingerprints (see
    :func:`coreagent.fingerprints.fingerprint`) of the questions that it was fitted on: on those it can not be measured.
    ``topics`` are beginnings of words: a model is shown the tool only where a question holds one of them, in any case,
    so that many special tools do not fill its context; without topics it is always shown.
    """

    name: str
    description: str
    arguments: type[BaseModel]
    effect: Effect = "read"
    clearance: Sensitivity = Sensitivity.CONFIDENTIAL
    timeout_s: float = 30.0
    source: FeedbackSource = "tool"
    fitted_on: frozenset[str] = frozenset()
    topics: tuple[str, ...] = ()

    @property
    def parameters(self) -> Mapping[str, Any]:
        """JSON Schema of the arguments."""
        return self.arguments.model_json_schema()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolContext:
    """What a run gives to a tool.

    ``idempotency_key`` is the same each time the same call of the same run is tried; a tool with effect ``write``
    passes it on to whatever it changes, so that a repeated call changes nothing twice. ``label`` is that of the
    subtask; ``corpora`` are the corpora the question may use (empty: all).
    """

    run_id: str
    call_id: str
    idempotency_key: str
    label: Label = PUBLIC
    corpora: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What a tool found or did.

    ``text`` is for a model or a person to read, ``data`` the same as JSON values. ``evidence`` is what an answer may
    cite. ``label`` is joined with the subtask's label.
    """

    text: str
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    evidence: tuple[Evidence, ...] = ()
    label: Label = PUBLIC


class Tool(Protocol):
    """Something an agent can do."""

    @property
    def info(self) -> ToolInfo:
        """Name, description, arguments, effect and limits."""
        ...

    async def run(self, arguments: BaseModel, context: ToolContext) -> ToolResult:
        """Do it. ``arguments`` is an instance of ``info.arguments``.

        Raises:
            ToolError: with the cause and the mend; any other exception becomes a ToolFailedError in the gate.
        """
        ...


@runtime_checkable
class Previewing(Protocol):
    """What a tool may have beside :class:`Tool`: it says what a call would change before a person agrees to it."""

    async def preview(self, arguments: BaseModel, context: ToolContext) -> str:
        """What :meth:`Tool.run` would change, in words; empty when there is nothing to say. It reads only.

        Raises:
            Exception: whatever goes wrong; the gate shows it to the person in place of the words.
        """
        ...
