"""The planner: a question into subtasks, each with a role, a tool and what it waits for."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from coreagent import sections
from coreagent.agents.prompt import messages
from coreagent.agents.role import compact_json, render_feedback, render_notes
from coreagent.errors import InputError
from coreagent.events import Feedback
from coreagent.models.chat import ChatRequest, Completion, ResponseSchema, ToolSpec
from coreagent.models.structured import read_json
from coreagent.models.tool_schema import short_schema
from coreagent.plans import Plan, QuestionForm, RoleName, Subtask, check_order
from coreagent.tools.tool import ToolInfo

DOMAINS = ("o-ran", "ran", "core", "ip", "operations")
"""The domains that prompts and profiles speak of; others are allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannerTask:
    """What the planner is to plan for. ``profile`` is the text of who it is to be."""

    question: str
    tools: tuple[ToolInfo, ...]
    corpora: tuple[str, ...] = ()
    memory: tuple[str, ...] = ()
    feedback: tuple[Feedback, ...] = ()
    profile: str = ""
    max_subtasks: int = 6


class _SubtaskFile(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str = Field(min_length=1, max_length=40)
    role: Literal["caller", "summarizer"]
    instruction: str = Field(min_length=1)
    tool: str = ""
    domain: str = ""
    depends_on: tuple[str, ...] = ()


class _PlanFile(BaseModel):
    model_config = ConfigDict(extra="ignore")

    rationale: str = ""
    form: QuestionForm = "open"
    subtasks: tuple[_SubtaskFile, ...] = Field(min_length=1)


_PLAN = TypeAdapter(_PlanFile)


class Planner:
    """Stateless; safe to share."""

    name: RoleName = "planner"

    def request(self, task: PlannerTask) -> ChatRequest:
        """Ask for a plan in JSON, closed over the names of the tools at hand."""
        return ChatRequest(
            messages=messages(
                "planner",
                system={
                    "profile": task.profile,
                    "max_subtasks": str(task.max_subtasks),
                    "domains": ", ".join(DOMAINS),
                },
                user={
                    "question": sections.render("question", task.question),
                    "tools": render_tools(task.tools),
                    "corpora": render_notes("corpus", task.corpora),
                    "memory": render_notes("memory", task.memory),
                    "feedback": render_feedback(task.feedback),
                },
            ),
            response_schema=_schema(tuple(tool.name for tool in task.tools), task.max_subtasks),
        )

    def read(self, task: PlannerTask, completion: Completion) -> Plan:
        """Read the plan.

        Raises:
            ValueError: not JSON of this form, an unknown tool, too many subtasks, or an order that can not be.
        """
        parsed = read_json(completion.text, _PLAN)
        if len(parsed.subtasks) > task.max_subtasks:
            raise ValueError(f"{len(parsed.subtasks)} subtasks, at most {task.max_subtasks} are allowed")
        known = {tool.name for tool in task.tools}
        for item in parsed.subtasks:
            if item.tool and item.tool not in known:
                listed = ", ".join(sorted(known)) or "none"
                raise ValueError(f"subtask {item.id!r} names the unknown tool {item.tool!r}; known tools: {listed}")
            if item.tool and item.role != "caller":
                raise ValueError(f"subtask {item.id!r} has a tool, so its role must be caller")
        subtasks = tuple(
            Subtask(
                id=item.id,
                role=item.role,
                instruction=item.instruction.strip(),
                domain=item.domain.strip().lower(),
                tool=item.tool,
                depends_on=item.depends_on,
            )
            for item in parsed.subtasks
        )
        try:
            check_order(subtasks)
        except InputError as error:
            raise ValueError(error.message) from error
        return Plan(subtasks, parsed.form, parsed.rationale.strip())


def render_tool(tool: ToolInfo | ToolSpec, **attributes: str) -> str:
    """One tool as a section: what it does and the schema of its arguments."""
    shown = compact_json(short_schema(tool.parameters))
    return sections.render("tool", f"{tool.description.strip()}\nArguments: {shown}", id=tool.name, **attributes)


# An agent shows the same tools in every plan and every step, and pydantic builds a schema anew each time it is asked.
@lru_cache(maxsize=32)
def render_tools(tools: tuple[ToolInfo, ...]) -> str:
    """All tools of an agent with their effects, a section each."""
    return "\n".join(render_tool(tool, effect=tool.effect) for tool in tools)


@lru_cache(maxsize=32)
def _schema(tools: tuple[str, ...], max_subtasks: int) -> ResponseSchema:
    def strict(properties: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }

    text = {"type": "string"}
    subtask = strict(
        {
            "id": text,
            "role": {"type": "string", "enum": ["caller", "summarizer"]},
            "instruction": text,
            "tool": {"type": "string", "enum": [*tools, ""]},
            "domain": text,
            "depends_on": {"type": "array", "items": text},
        }
    )
    forms = ["open", "choice", "number", "diagnosis", "action"]
    return ResponseSchema(
        "plan",
        strict(
            {
                "rationale": text,
                "form": {"type": "string", "enum": forms},
                "subtasks": {
                    "type": "array",
                    "items": subtask,
                    "minItems": 1,
                    "maxItems": max_subtasks,
                },
            }
        ),
    )
