"""The security module: what may be said, done and shown, and who may see it.

First cut of the three measures of LLM-Agent-UMF: prompts are screened and labelled, every action is reviewed before
and its result after, and responses are masked. Data is never an instruction: what comes from outside is labelled
untrusted, and a change proposed under its influence is never made without a person.
"""

from dataclasses import dataclass, field
from typing import Literal, Protocol

from coreagent.events import Screened
from coreagent.labels import Label, Sensitivity
from coreagent.secrets import mask
from coreagent.tools.tool import ToolInfo, ToolResult

Verdict = Literal["allow", "ask", "deny"]


@dataclass(frozen=True, slots=True)
class Ruling:
    """What policy says of one call, and why."""

    verdict: Verdict
    reason: str


class SecurityModule(Protocol):
    """Stands before and after everything that leaves or enters the core-agent."""

    def screen_prompt(self, text: str, label: Label) -> Screened:
        """Look at a request; the label of the result may be stricter."""
        ...

    def review_call(self, tool: ToolInfo, arguments: str, label: Label) -> tuple[Ruling, Screened]:
        """Before a tool runs. ``label`` is that of the data in the arguments."""
        ...

    def screen_result(self, tool: ToolInfo, result: ToolResult) -> Screened:
        """After a tool ran; the label is the result's."""
        ...

    def screen_response(self, text: str, label: Label) -> tuple[str, Screened]:
        """Before an answer is shown: the text to show, with secrets masked."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectPolicy:
    """Rules over labels and effect classes.

    ``read`` is allowed, ``write`` asks, ``dangerous`` is denied. A name in ``allow`` moves one step: a write runs
    without asking, a dangerous tool asks. A name in ``deny`` never runs. ``min_sensitivity`` is put on every request.
    """

    allow: frozenset[str] = field(default_factory=frozenset[str])
    deny: frozenset[str] = field(default_factory=frozenset[str])
    min_sensitivity: Sensitivity = Sensitivity.PUBLIC

    def screen_prompt(self, text: str, label: Label) -> Screened:
        """Label a request at least ``min_sensitivity``, and confidential when it holds a secret."""
        joined = label.join(Label(self.min_sensitivity))
        findings: tuple[str, ...] = ()
        if mask(text) != text:
            joined = joined.join(Label(Sensitivity.CONFIDENTIAL))
            findings = ("holds a secret: labelled confidential, so it stays off cloud models",)
        return Screened("prompt", "request", joined, findings)

    def review_call(self, tool: ToolInfo, arguments: str, label: Label) -> tuple[Ruling, Screened]:
        """Clearance first, then the effect class."""
        ruling = self._rule(tool, label)
        findings = () if ruling.verdict == "allow" else (f"{ruling.verdict}: {ruling.reason}",)
        return ruling, Screened("action", tool.name, label, findings)

    def _rule(self, tool: ToolInfo, label: Label) -> Ruling:
        if tool.name in self.deny:
            return Ruling("deny", f"{tool.name} is on the deny list")
        if label.sensitivity > tool.clearance:
            return Ruling("deny", f"{label.sensitivity} data, and {tool.name} is cleared for {tool.clearance}")
        if tool.effect == "read":
            return Ruling("allow", "reads only")
        if tool.effect == "dangerous":
            if tool.name in self.allow:
                return Ruling("ask", f"{tool.name} is dangerous")
            return Ruling("deny", f"{tool.name} is dangerous and not listed under [security] allow")
        if tool.name in self.allow and label.trusted:
            return Ruling("allow", f"{tool.name} is listed under [security] allow")
        why = "changes something" if label.trusted else "changes something, on the word of untrusted data"
        return Ruling("ask", f"{tool.name} {why}")

    def screen_result(self, tool: ToolInfo, result: ToolResult) -> Screened:
        """A secret in a result makes it confidential."""
        if mask(result.text) != result.text:
            label = result.label.join(Label(Sensitivity.CONFIDENTIAL))
            return Screened("result", tool.name, label, ("holds a secret: labelled confidential",))
        return Screened("result", tool.name, result.label)

    def screen_response(self, text: str, label: Label) -> tuple[str, Screened]:
        """Secrets are masked in what is shown."""
        shown = mask(text)
        findings = () if shown == text else ("secrets were masked",)
        return shown, Screened("response", "answer", label, findings)
