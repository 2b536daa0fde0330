"""The roles of the step protocol: each turn is one small task (alpha-UMi, arXiv:2401.07324).

They speak as :mod:`coreagent.agents.tool_protocol` says. The planner of a step decides whose turn is next, the caller
writes one action, and the summarizer concludes with citations.
"""

import re
from dataclasses import dataclass, replace

from coreagent import sections
from coreagent.agents.caller import Caller, CallerOutput, CallerTask, CheckCall
from coreagent.agents.planner import render_tool, render_tools
from coreagent.agents.prompt import messages
from coreagent.agents.role import compact_json, render_notes
from coreagent.agents.summarizer import FORM_RULES, Draft, Summarizer, SummarizerTask, render_evidence
from coreagent.agents.tool_protocol import (
    END,
    PlannerTurn,
    Turn,
    is_blank,
    read_caller,
    read_planner,
    recent,
    write_history,
)
from coreagent.messages import ToolCall
from coreagent.models.chat import ChatRequest, Completion, ToolSpec
from coreagent.plans import RoleName, Subtask
from coreagent.tools.tool import ToolInfo

RETRY_TEMPERATURE = 0.5
"""A blank turn asked again at temperature 0 would stay blank; 0.5 is the temperature of the published system."""

_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_OTHERS = re.compile(r"^\s*(?:user|caller|observation|conclusion)[ \t]*:", re.MULTILINE)
_NONE = re.compile(r"^[ \t]*Action[ \t]*:[ \t]*[`\"']?none\b[`\"'.]?", re.MULTILINE | re.IGNORECASE)
_SUMMARIZER = Summarizer()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPlannerTask:
    """What the next step is for.

    ``calls_left`` is how many calls the step bound still allows; ``again`` counts blank answers to this same task.
    """

    question: str
    tools: tuple[ToolInfo, ...]
    history: tuple[Turn, ...] = ()
    corpora: tuple[str, ...] = ()
    memory: tuple[str, ...] = ()
    profile: str = ""
    calls_left: int = 1
    again: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCallerTask:
    """One thought to turn into a call.

    ``native`` offers the tools to the model's own tool calling; else their documentation stands in the prompt, for
    models that only write text.
    """

    question: str
    thought: str
    tools: tuple[ToolSpec, ...]
    history: tuple[Turn, ...] = ()
    profile: str = ""
    native: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSummarizerTask(SummarizerTask):
    """A conclusion from the evidence, with the history beside it."""

    history: tuple[Turn, ...] = ()


class StepPlanner:
    """Stateless; safe to share."""

    name: RoleName = "planner"

    def request(self, task: StepPlannerTask) -> ChatRequest:
        """Ask for the next thought and whose turn is next."""
        return ChatRequest(
            messages=messages(
                "step_planner",
                system={"profile": task.profile},
                user={
                    "question": sections.render("question", task.question),
                    "tools": render_tools(task.tools),
                    "corpora": render_notes("corpus", task.corpora),
                    "memory": render_notes("memory", task.memory),
                    "history": render_history(task.history, calls_left=task.calls_left),
                },
            ),
            temperature=RETRY_TEMPERATURE if task.again else 0.0,
        )

    def read(self, task: StepPlannerTask, completion: Completion) -> PlannerTurn | None:
        """The planner's turn, or None for a blank one, which is to be asked again. No text is refused."""
        text = own_turn(completion.text)
        return None if is_blank(text) else read_planner(text)


class StepCaller:
    """``check`` validates each call's arguments; without it only the name and the JSON are checked."""

    name: RoleName = "caller"

    def __init__(self, check: CheckCall | None = None) -> None:
        self._caller = Caller(check)

    def request(self, task: StepCallerTask) -> ChatRequest:
        """Ask for one call, as a tool call or in the text form."""
        return ChatRequest(
            messages=messages(
                "step_caller",
                system={"profile": task.profile, "names": ", ".join(tool.name for tool in task.tools)},
                user={
                    "tools": "" if task.native else "\n".join(render_tool(tool) for tool in task.tools),
                    "question": sections.render("question", task.question),
                    "history": render_history(task.history),
                    "thought": sections.render("thought", task.thought),
                },
            ),
            tools=task.tools if task.native else (),
        )

    def read(self, task: StepCallerTask, completion: Completion) -> CallerOutput:
        """One call, or none and a text that says what is missing. Of several calls at once the first counts.

        Raises:
            ValueError: neither form, an unknown tool, or arguments that are no JSON object or do not fit the tool.
        """
        wishes = completion.tool_calls[:1]
        if not wishes:
            text = _THOUGHT.sub("", completion.text, count=1).replace(END, "").strip()
            none = _NONE.search(text)
            if none is not None:
                return CallerOutput((), text[none.end() :].strip() or "no tool fits")
            action = read_caller(text, names=[tool.name for tool in task.tools])
            wishes = (ToolCall("", action.name, compact_json(action.arguments)),)
        checked = CallerTask(
            subtask=Subtask(id="", role="caller", instruction=task.thought), question=task.question, tools=task.tools
        )
        return self._caller.read(checked, replace(completion, text="", tool_calls=wishes))


class StepSummarizer:
    """Stateless; safe to share. Reads as :class:`Summarizer` does."""

    name: RoleName = "summarizer"

    def request(self, task: StepSummarizerTask) -> ChatRequest:
        """Ask for the conclusion that the numbered evidence allows."""
        return ChatRequest(
            messages=messages(
                "step_summarizer",
                system={"profile": task.profile, "form_rule": FORM_RULES[task.form]},
                user={
                    "history": render_history(task.history),
                    "evidence": render_evidence(task.evidence),
                    "notes": render_notes("note", task.notes),
                    "memory": render_notes("memory", task.memory),
                    "question": sections.render("question", task.question, form=task.form),
                },
            )
        )

    def read(self, task: StepSummarizerTask, completion: Completion) -> Draft:
        """Read the draft.

        Raises:
            ValueError: as :meth:`Summarizer.read` says.
        """
        text = re.sub(r"\A\s*conclusion\s*:\s*", "", completion.text.replace(END, ""), flags=re.IGNORECASE)
        return _SUMMARIZER.read(task, replace(completion, text=text))


def render_history(history: tuple[Turn, ...], **attributes: int) -> str:
    """The last part of the history as a section."""
    shown = write_history(recent(history)) or "Nothing was done yet."
    # The end of a turn looks like a tag but is none of ours: it stands as it is.
    return sections.render("history", shown, **attributes).replace("\u2039/s>", END)


def own_turn(text: str) -> str:
    """A planner's text without its hidden thinking and without turns of others that it wrote as well."""
    plain = _THOUGHT.sub("", text, count=1)
    others = _OTHERS.search(plain)
    return re.sub(r"\A\s*assistant\s*:\s*", "", plain[: others.start()] if others else plain)
