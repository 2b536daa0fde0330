"""What was said before, as the next question carries it."""

import textwrap
from collections.abc import Sequence

from coreagent.conversations.records import Turn
from coreagent.graphs.earlier import earlier_turn
from coreagent.labels import Label, Sensitivity

EXCHANGES = 3
"""Enough for "and what about the other one?"; what is older is memory's."""
QUESTION_CHARS = 300
ANSWER_CHARS = 1_200


def earlier_of(turns: Sequence[Turn]) -> tuple[str, ...]:
    """The last exchanges before a question, oldest first; of several versions of an answer the last that ended well."""
    newest: dict[int, Turn] = {}
    for turn in turns:
        if turn.state == "finished" and turn.text:
            newest[turn.position] = turn
    chosen = [newest[position] for position in sorted(newest)][-EXCHANGES:]
    return tuple(
        earlier_turn(_short(turn.question, QUESTION_CHARS), _short(turn.text, ANSWER_CHARS)) for turn in chosen
    )


def label_of(turns: Sequence[Turn]) -> Label:
    """The strictest sensitivity of what was said. A person asks, so the question itself stays trusted."""
    levels = [turn.answer.label.sensitivity for turn in turns if turn.answer is not None]
    return Label(max(levels, default=Sensitivity.PUBLIC))


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else textwrap.shorten(text, limit, placeholder=" ...")
