"""Says what happens in a conversation, in lines."""

from collections.abc import Callable
from typing import Protocol

from coreagent.conversations.records import Turn
from coreagent.conversations.told import turn_facts
from coreagent.errors import CoreAgentError
from coreagent.event_lines import step_line
from coreagent.events import PendingCall, Token
from coreagent.tui.approvals.ruling import Ruling
from coreagent.tui.seams.chat import Timed
from coreagent.visible import visible

BUILT_IN = "built-in models, no LLM"


class Asks(Protocol):
    """Who can be asked something."""

    async def next(self, prompt: str) -> str | None:
        """A line, None at the end of the input."""
        ...


class Voice:
    """See :class:`coreagent.tui.chat.listener.Listener`.

    Answers go to ``say``, all else to ``tell``, so that a pipe holds answers only. ``asks`` is None where nobody is
    there to be asked; a call then waits. With ``live`` steps and answers are told as they come; else
    an answer is said once, as it was verified.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        tell: Callable[[str], None],
        *,
        asks: Asks | None,
        live: bool,
    ) -> None:
        self._say, self._tell, self._asks, self._live = say, tell, asks, live
        self._streamed: list[str] = []
        self._draft = 0
        self._open = False
        self.last: Turn | None = None
        """The turn that was settled last."""
        self.failed = False
        """Some question was not asked, or not answered."""

    def began(self, turn: Turn) -> None:
        """A question was asked, or is taken up again."""
        self._streamed, self._draft = [], 0

    def heard(self, turn: Turn, timed: Timed) -> None:
        """Something happened."""
        if isinstance(timed.event, Token):
            if self._live:
                self._stream(timed.event)
        elif self._live and (line := step_line(timed.event)):
            self._line_end()
            self._tell(f"  {visible(line)}\n")

    def settled(self, turn: Turn) -> None:
        """The turn ended: the answer, if it was not said as it came, what it rests on, and what it took."""
        self.last = turn
        said = "".join(self._streamed).strip()
        self._line_end()
        self._streamed = []
        if turn.text.strip() != said:
            if said:
                self._tell("  as verified, with its sources:\n")
            self._say(f"{visible(turn.text).strip()}\n")
        answer = turn.answer
        for number, citation in enumerate(answer.citations if answer else (), start=1):
            self._say(f"  [{number}] {visible(str(citation))}\n")
        facts = list(turn_facts(turn)[:-1])
        if answer and answer.decisions and all(entry.model.startswith("builtin/") for entry in answer.decisions):
            facts.insert(0, BUILT_IN)
        self._say(f"  {visible(' · '.join(dict.fromkeys(facts)))}\n")
        if turn.error:
            self._tell(f"error: {visible(f'{turn.error} {turn.mend}'.strip())}\n")
        if turn.state == "waiting":
            self._tell("  a call waits for a person: /continue decides on it\n")
        self.failed = self.failed or turn.state != "finished"

    async def rule(self, turn: Turn, call: PendingCall) -> Ruling | None:
        """A person is asked; without one, and at the end of the input, the call waits. The default is no."""
        self._line_end()
        for line in _described(call):
            self._tell(f"  {visible(line)}\n")
        if self._asks is None:
            return None
        session = "" if call.effect == "dangerous" else ", (s)ession"
        choice = await self._asks.next(f"  allow (y)es{session}, (e)dit, (N)o, (l)ater? ")
        match ("later" if choice is None else choice).strip().lower()[:1]:
            case "y":
                return Ruling("allow")
            case "s" if session:
                return Ruling("allow_session")
            case "e":
                return await self._edited(call)
            case "l":
                return None
            case _:
                reason = await self._asks.next("  why not (optional)? ")
                return Ruling("deny", reason=(reason or "").strip())

    def refused(self, text: str, error: CoreAgentError) -> None:
        """A question was not asked."""
        self.failed = True
        self.problem(error)

    def problem(self, error: CoreAgentError) -> None:
        """Something went wrong."""
        self._line_end()
        self._tell(f"error: {visible(f'{error} {error.mend}'.strip())}\n")

    def crashed(self, error: BaseException) -> None:
        """A mistake of ours; asyncio's own report of it would come too late to be read."""
        self.failed = True
        self._tell(f"error: {visible(repr(error))}; what was said is kept\n")

    async def _edited(self, call: PendingCall) -> Ruling | None:
        if self._asks is None:
            return None
        arguments = await self._asks.next("  arguments as JSON: ")
        if arguments is None or not arguments.strip():
            return None
        return Ruling("allow", arguments=arguments)

    def _stream(self, token: Token) -> None:
        if token.draft != self._draft and self._streamed:
            self._line_end()
            self._streamed = []
            self._tell("  (another answer is written)\n")
        self._draft = token.draft
        self._streamed.append(token.text)
        self._say(visible(token.text))
        self._open = not token.text.endswith("\n") if token.text else self._open

    def _line_end(self) -> None:
        if self._open:
            self._open = False
            self._say("\n")


def _described(call: PendingCall) -> list[str]:
    lines = [f"{call.tool} ({call.effect}) waits for you: {call.reason}".rstrip(": ")]
    if call.description:
        lines.append(f"what it does: {call.description}")
    lines.append(f"arguments: {call.arguments}")
    if call.changes:
        lines.append(f"would change: {call.changes}")
    lines.append(f"label of its data: {call.label}")
    return lines
