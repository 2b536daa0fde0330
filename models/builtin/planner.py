"""``builtin/planner``: sorts a request by pattern and by likeness to examples, and plans tools for its parts."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, cast

from coreagent.messages import ToolCall
from coreagent.models.builtin.arguments import Material
from coreagent.models.builtin.base import BuiltinModel, named, user_sections
from coreagent.models.builtin.classification import classifier_for
from coreagent.models.builtin.comparisons import comparison_in
from coreagent.models.builtin.followups import asked_before, carried, with_topic
from coreagent.models.builtin.parts import split_parts
from coreagent.models.builtin.queries import asks_meaning, reworded, search_query
from coreagent.models.builtin.similarity import similarities
from coreagent.models.builtin.steps import is_step, next_thought
from coreagent.models.builtin.toolchoice import Ranked, enough, rank_tools, searches
from coreagent.models.builtin.wording import domain_of, wording
from coreagent.models.builtin.words import terms
from coreagent.models.chat import ChatRequest, ToolSpec
from coreagent.plans import QuestionForm
from coreagent.questions import ParsedQuestion, parse_question
from coreagent.sections import Section, first

_MEASURED = re.compile(r"\s*\S{1,60}\s*[:=]\s*-?\d")
_CAUSE = re.compile(
    r"\b(?:root cause|cause[sd]?|reason|diagnos\w*|fault|degrad\w+|drop\w*|went wrong|anomal\w+)\b", re.I
)
_ORDER = re.compile(
    r"^\W*(?:please\s+|can you\s+|could you\s+)?(?:set|change|reduce|increase|raise|lower|restart|reboot|reset|create|"
    r"delete|remove|add|block|unblock|enable|disable|activate|deactivate|open|close|move|tilt|assign|configure|shut|switch|"
    r"apply|update|deploy|roll\s?back|send|start|stop|turn)\b",
    re.IGNORECASE,
)
_MAX_INSTRUCTION = 1_000
MEANT_TERM = 0.4
"""Strength of a look-up whose term the text names."""
_NOTHING = "(nothing was asked)"
_MAX_ASKED = 20_000
"""Where a cause may be asked for; what follows is data."""


@dataclass(frozen=True, slots=True)
class _Step:
    instruction: str
    tool: str


class BuiltinPlanner(BuiltinModel):
    """Emits the planner's JSON: one caller subtask for each part, in parallel."""

    role = "planner"

    def answer(self, request: ChatRequest) -> tuple[str, tuple[ToolCall, ...]]:
        """A plan for the request's question over the tools it lists."""
        found = user_sections(request)
        if is_step(found):
            return next_thought(found, self.answer), ()
        question = first(found, "question").strip() or _NOTHING
        parsed = parse_question(question)
        tools = _tools(named(found, "tool"))
        effects = {s.attributes.get("id", ""): s.attributes.get("effect", "read") for s in named(found, "tool")}
        attempt = min(2, len(named(found, "feedback")))
        failed = _failed_tools(named(found, "feedback"), tools)
        reading = [tool for tool in tools if effects[tool.name] == "read" and tool.name not in failed]
        sorting = classifier_for(self._embedder, question, parsed, reading)
        kind = "classification" if sorting else self._intent(question, parsed)
        usable = [tool for tool in tools if effects[tool.name] == "read" or kind == "action"]
        steps = (
            [_Step(sorting.request, sorting.tool)]
            if sorting
            else self._steps(question, parsed, kind, usable, failed=failed, attempt=attempt)
        )
        steps = steps[: _limit(request)] or [_Step(_NOTHING, "")]
        steps = _in_conversation(steps, question, parsed, tools, asked_before(named(found, "memory")))
        form = _form(kind, parsed, steps, effects, {tool.name: tool for tool in tools})
        plan: dict[str, Any] = {
            "rationale": _rationale(kind, steps, attempt),
            "form": form,
            "subtasks": [
                {
                    "id": f"s{number}",
                    "role": "caller",
                    "domain": "operations"
                    if kind == "diagnosis"
                    else ("" if parsed.options else domain_of(step.instruction)) or domain_of(parsed.stem),
                    "depends_on": [],
                    **asdict(step),
                    "instruction": step.instruction or question[:200],
                }
                for number, step in enumerate(steps, 1)
            ],
        }
        return json.dumps(plan, ensure_ascii=False), ()

    def _intent(self, question: str, parsed: ParsedQuestion) -> str:
        data = sum(_holds_data(line) for line in question.splitlines()) >= 3
        if data and _CAUSE.search(question[:_MAX_ASKED]):
            return "diagnosis"
        if _ORDER.search(question) and not question.rstrip().endswith("?"):
            return "action"
        if parsed.options:
            return "choice"
        names = list(wording().intents)
        scores = {name: self._likeness(question, wording().intents[name]) for name in names}
        best = max(scores, key=lambda name: scores[name])
        # Without data there is nothing to diagnose and without an order nothing to do: such a question is looked up.
        return best if best == "calculation" else "lookup"

    def _likeness(self, question: str, examples: tuple[str, ...]) -> float:
        nearest = sorted(similarities(self._embedder, question, examples), reverse=True)
        return sum(nearest[:2]) / 2

    def _steps(
        self,
        question: str,
        parsed: ParsedQuestion,
        kind: str,
        tools: list[ToolSpec],
        *,
        failed: set[str],
        attempt: int,
    ) -> list[_Step]:
        if kind == "diagnosis":
            diagnosed = self._diagnosis(question, parsed, tools, failed)
            if diagnosed:
                return diagnosed
        if parsed.options:
            return self._choice(parsed, tools, failed, attempt)
        steps: list[_Step] = []
        for part in split_parts(question):
            step = self._part(part, question, kind, tools, failed, attempt)
            steps += [step, *self._beside(part, step, tools, failed)]
        return list(dict.fromkeys(steps))

    def _beside(self, part: str, step: _Step, tools: list[ToolSpec], failed: set[str]) -> list[_Step]:
        """What is looked up at the same time: either side of a comparison, a term whose meaning is asked."""
        searching = {tool.name for tool in tools if searches(tool)}
        if step.tool not in searching:
            return []
        compared = comparison_in(part)
        if compared:
            return [_Step(f"What is {side}?", step.tool) for side in (compared.left, compared.right)]
        if not asks_meaning(part):
            return []
        ranked = rank_tools(self._embedder, Material(instruction=part), tools)
        # Of the tools that look something up, only one for terms has an argument surer than mere text.
        terms_tools = [one.tool.name for one in ranked if one.searches and one.filling.strength >= MEANT_TERM]
        return [_Step(part[:_MAX_INSTRUCTION], name) for name in terms_tools[:1] if name not in {*failed, step.tool}]

    def _diagnosis(self, question: str, parsed: ParsedQuestion, tools: list[ToolSpec], failed: set[str]) -> list[_Step]:
        opening = _opening(question)
        ranked = rank_tools(self._embedder, Material(instruction=opening, question=question), tools)
        fit = [one for one in ranked if not one.filling.missing and not one.searches and one.filling.strength >= 1]
        fit = [one for one in fit if one.tool.name not in failed]
        return [_Step(opening, fit[0].tool.name)] if fit else []

    def _choice(self, parsed: ParsedQuestion, tools: list[ToolSpec], failed: set[str], attempt: int) -> list[_Step]:
        stem = parsed.stem[:_MAX_INSTRUCTION]
        asking = self._part(stem, stem, "choice", tools, failed, attempt)
        search = self._search_tool(stem, tools, failed)
        options = "; ".join(option.text for option in parsed.options)
        if not search or not terms(options):
            return [asking]
        # The right passage may share its words with an option rather than with the question.
        both = search_query(f"{stem} {options}")[:_MAX_INSTRUCTION]
        return [asking, _Step(reworded(both, attempt) if attempt else both, search)]

    def _part(
        self, part: str, question: str, kind: str, tools: list[ToolSpec], failed: set[str], attempt: int
    ) -> _Step:
        text = part[:_MAX_INSTRUCTION]
        ranked = [
            one
            for one in rank_tools(self._embedder, Material(instruction=text, question=text), tools)
            if one.tool.name not in failed
        ]
        chosen = next((one for one in ranked if not one.searches and _asked_for(one, kind)), None)
        if chosen is not None:
            return _Step(text, chosen.tool.name)
        query = reworded(text, attempt) if attempt else search_query(text)
        return _Step(query[:_MAX_INSTRUCTION], self._search_tool(text, tools, failed))

    def _search_tool(self, text: str, tools: list[ToolSpec], failed: set[str]) -> str:
        ranked = rank_tools(self._embedder, Material(instruction=text), tools)
        usable = [one for one in ranked if one.searches and not one.filling.missing]
        fresh = [one for one in usable if one.tool.name not in failed]
        # A search that failed is still the best there is when it is the only one.
        best = max(fresh or usable, key=_breadth, default=None)
        return best.tool.name if best else ""


def _in_conversation(
    steps: list[_Step], question: str, parsed: ParsedQuestion, tools: list[ToolSpec], before: tuple[str, ...]
) -> list[_Step]:
    """What is searched for a follow-up names the topic that the question itself leaves out."""
    topic = "" if parsed.options else carried(question, before)
    broad = {tool.name for tool in tools if searches(tool) and _searches_passages(tool)}
    return [
        replace(step, instruction=with_topic(step.instruction, topic)) if topic and step.tool in broad else step
        for step in steps
    ]


def _searches_passages(tool: ToolSpec) -> bool:
    about = set(terms(f"{tool.name.replace('_', ' ')} {tool.description}"))
    return bool(about & {"search", "passag", "document", "corpora", "corpu"})


def _breadth(one: Ranked) -> tuple[bool, float]:
    return _searches_passages(one.tool), one.score


def _asked_for(one: Ranked, kind: str) -> bool:
    """Is the text a wish for this very tool? The surer its arguments, the less its words must be there."""
    if not enough(one):
        return False
    if any(value >= 2 for value in one.filling.certainty.values()):
        return True
    needed = {"action": 0.25, "calculation": 0.3}.get(kind, 0.45)
    strength = one.filling.strength
    return one.meant >= needed * (0.4 if strength >= 2 else 1.0)


def _holds_data(line: str) -> bool:
    return line.count("|") >= 3 or line.count(",") >= 4 or bool(_MEASURED.match(line))


def _tools(found: tuple[Section, ...]) -> list[ToolSpec]:
    tools: list[ToolSpec] = []
    for section in found:
        description, _, arguments = section.body.rpartition("\nArguments: ")
        tools.append(ToolSpec(section.attributes.get("id", ""), description or section.body, _schema(arguments)))
    return [tool for tool in tools if tool.name]


def _schema(text: str) -> dict[str, Any]:
    try:
        schema = json.loads(text)
    except json.JSONDecodeError:
        return {}
    return cast("dict[str, Any]", schema) if isinstance(schema, dict) else {}


def _failed_tools(feedback: tuple[Section, ...], tools: list[ToolSpec]) -> set[str]:
    said = [section.body for section in feedback if section.attributes.get("source") in ("tool", "human")]
    return {tool.name for tool in tools if any(re.search(rf"\b{re.escape(tool.name)}\b", text) for text in said)}


def _opening(question: str) -> str:
    """The instruction of a case: its first lines, without the data."""
    lines = [line.strip() for line in question.splitlines() if line.strip() and line.count("|") < 3]
    return " ".join(lines)[:400]


def _limit(request: ChatRequest) -> int:
    schema: Mapping[str, Any] = request.response_schema.schema if request.response_schema else {}
    try:
        return int(schema["properties"]["subtasks"]["maxItems"])
    except (KeyError, TypeError, ValueError):
        return 6


def _form(
    kind: str, parsed: ParsedQuestion, steps: list[_Step], effects: dict[str, str], tools: dict[str, ToolSpec]
) -> QuestionForm:
    if kind == "diagnosis":
        return "diagnosis"
    if parsed.options:
        return "choice"
    if kind == "classification":
        return "diagnosis"  # A class is named as a cause is.
    if any(effects.get(step.tool, "read") != "read" for step in steps):
        return "action"
    if len(steps) == 1 and steps[0].tool in tools:
        return "open" if searches(tools[steps[0].tool]) else "number"
    return "open"


def _rationale(kind: str, steps: list[_Step], attempt: int) -> str:
    used = ", ".join(dict.fromkeys(step.tool for step in steps if step.tool)) or "no tool that fits"
    parts = "one part" if len(steps) == 1 else f"{len(steps)} parts"
    again = ", worded differently after feedback" if attempt else ""
    return f"A {kind} request in {parts}: {used}{again}."
