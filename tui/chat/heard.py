"""What came of a run so far, as its events tell."""

import time
from dataclasses import dataclass, field

from coreagent.answer import Answer
from coreagent.events import ModelFinished, RunFinished, RunStarted, Token
from coreagent.messages import Usage
from coreagent.tui.seams.chat import Timed


@dataclass(slots=True)
class Heard:
    """Grows with each event. ``waiting``: a person did not decide on a call."""

    run_id: str = ""
    answer: Answer | None = None
    waiting: bool = False
    usd: float = 0.0
    usage: Usage = Usage()
    _draft: int = 0
    _pieces: list[str] = field(default_factory=list[str])
    _began_s: float = field(default_factory=time.monotonic)

    @property
    def text(self) -> str:
        """The answer, or what was said of it."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    def take(self, timed: Timed) -> None:
        """One more event."""
        match timed.event:
            case RunStarted(run_id=run_id):
                self.run_id = run_id
            case Token(text=text, draft=draft):
                if draft != self._draft:
                    self._pieces.clear()
                self._draft = draft
                self._pieces.append(text)
            case ModelFinished() as call:
                self.usd += call.cost_usd
                self.usage += call.usage
            case RunFinished(answer=answer):
                self.answer, self._pieces = answer, [answer.text]
            case _:
                pass

    def partial(self, question: str, said: str) -> Answer | None:
        """What a run that was cut short said and took, so that it counts in sums; None when it took nothing.

        ``said`` is what an earlier part of the same run had said.
        """
        if not (self.usage.calls or self.text or said):
            return None
        return Answer(
            run_id=self.run_id,
            question=question,
            text=self.text or said,
            status="partial",
            usage=self.usage,
            cost_usd=self.usd,
            seconds=time.monotonic() - self._began_s,
        )
