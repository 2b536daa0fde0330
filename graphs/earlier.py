"""What was said before in a conversation, as a run is given it: bounded, and known for what it is."""

from collections.abc import Sequence

from coreagent.messages import sound
from coreagent.sections import EARLIER

MAX_TURNS = 8
MAX_TURN_CHARS = 2_000
CUT = " ... (cut)"


def earlier_turn(question: str, answer: str) -> str:
    """A turn as runs are given it: the question, an empty line, the answer."""
    return f"{' '.join(question.split())}\n\n{answer.strip()}".strip()


def bounded(earlier: Sequence[str]) -> tuple[str, ...]:
    """The last ``MAX_TURNS`` turns with something in them, each at most ``MAX_TURN_CHARS`` long."""
    said = [text for text in (sound(entry).strip() for entry in earlier) if text]
    return tuple(_cut(text) for text in said[-MAX_TURNS:])


def as_memory(earlier: Sequence[str]) -> tuple[str, ...]:
    """The turns as items that stand in front of what memory recalls."""
    return tuple(f"{EARLIER}{text}" for text in earlier)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TURN_CHARS else f"{text[: MAX_TURN_CHARS - len(CUT)]}{CUT}"
