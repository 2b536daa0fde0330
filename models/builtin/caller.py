"""``builtin/caller``: chooses among the offered tools and fills their arguments from the text."""

import hashlib
import json

from coreagent.messages import ToolCall
from coreagent.models.builtin.arguments import Filling, Material
from coreagent.models.builtin.base import BuiltinModel, named, user_sections
from coreagent.models.builtin.steps import call_for_thought, is_step
from coreagent.models.builtin.toolchoice import fill_tool, rank_tools
from coreagent.models.chat import ChatRequest, ToolSpec
from coreagent.sections import first


class BuiltinCaller(BuiltinModel):
    """One call, or a sentence that names the missing argument."""

    role = "caller"

    def answer(self, request: ChatRequest) -> tuple[str, tuple[ToolCall, ...]]:
        """Call the tool that ``tool_choice`` names, else the one that fits best."""
        found = user_sections(request)
        if is_step(found):
            return call_for_thought(request, found, self.answer)
        question = first(found, "question")
        material = Material(
            instruction=first(found, "instruction") or question,
            question=question,
            results=tuple(section.body for section in named(found, "result")),
        )
        if not request.tools or request.tool_choice == "none":
            return "There is no tool to call.", ()
        tool, filling = self._choose(request, material)
        if filling.missing:
            names = " and ".join(repr(name) for name in filling.missing)
            return f"{tool.name} can not be called: the text gives no value for {names}.", ()
        arguments = json.dumps(filling.values, ensure_ascii=False)
        return "", (ToolCall(_call_id(tool.name, arguments), tool.name, arguments),)

    def _choose(self, request: ChatRequest, material: Material) -> tuple[ToolSpec, Filling]:
        for tool in request.tools:
            if tool.name == request.tool_choice or len(request.tools) == 1:
                return tool, fill_tool(tool, material)
        ranked = rank_tools(self._embedder, material, request.tools)
        return ranked[0].tool, ranked[0].filling


def _call_id(name: str, arguments: str) -> str:
    # From the content, so that the same request gives the same id in every process.
    return f"call_{hashlib.sha256(f'{name} {arguments}'.encode()).hexdigest()[:16]}"
