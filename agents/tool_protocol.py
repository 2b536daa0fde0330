"""The step protocol of planner, caller and summarizer (alpha-UMi, arXiv:2401.07324), as pure functions.

At each step the planner ends its thought with ``Next: caller.``, ``Next: conclusion.`` or ``Next: give up.``; the
caller answers with ``Action:`` and ``Action Input:``; the tool's observation goes into the history; the summarizer
writes the conclusion from the history.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from coreagent.models.chat import estimate_tokens

NextTurn = Literal["caller", "conclusion", "give up"]
Speaker = Literal["user", "assistant", "caller", "observation", "conclusion"]

MAX_PLANNER_TRIES = 5
"""A blank planner turn is asked again this often; the other roles have one try."""
MAX_OBSERVATION_CHARS = 1024
MAX_HISTORY_TOKENS = 3_750
"""Of the history only so many tokens are sent, the last ones."""
END = "</s>"

MIN_END_CHARS = 60

_PRECEDENCE: tuple[NextTurn, ...] = ("give up", "conclusion", "caller")
_ACTION = re.compile(r"^[ \t]*Action[ \t]*:[ \t]*(?P<name>[^\n]*?)[ \t]*$", re.MULTILINE)
_INPUT = re.compile(r"^[ \t]*Action[ \t]+Input[ \t]*:[ \t]*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Turn:
    """One entry of the history."""

    speaker: Speaker
    text: str


@dataclass(frozen=True, slots=True)
class PlannerTurn:
    """A planner's thought, cut right after its tag, and whose turn is next."""

    text: str
    next: NextTurn


@dataclass(frozen=True, slots=True)
class Action:
    """A caller's wish: the tool's name and its arguments."""

    name: str
    arguments: dict[str, Any]


def tag(turn: NextTurn) -> str:
    """``Next: caller.`` and so on."""
    return f"Next: {turn}."


def is_blank(text: str) -> bool:
    """True for an answer that is to be asked again: nothing, or a lone ``.`` or ``,``."""
    return text.replace(END, "").strip() in ("", ".", ",")


def read_planner(text: str) -> PlannerTurn:
    """Whose turn is next.

    When several tags stand in the text, ``give up`` goes before ``conclusion`` before ``caller``; the text is cut right
    after the tag that counts. Without a tag it is the caller's turn, and the tag is appended.
    """
    plain = text.replace(END, "").strip()
    for turn in _PRECEDENCE:
        at = plain.find(tag(turn))
        if at >= 0:
            return PlannerTurn(plain[: at + len(tag(turn))], turn)
    return PlannerTurn(f"{plain} {tag('caller')}".strip(), "caller")


def read_caller(text: str, *, names: Sequence[str]) -> Action:
    """Read ``Action: <name>`` and ``Action Input: <json object>``; text after the object is left out.

    Raises:
        ValueError: a part is missing, the name is not one of ``names``, or the input is no JSON object.
    """
    plain = text.replace(END, "")
    action, given = _ACTION.search(plain), _INPUT.search(plain)
    if action is None or given is None:
        raise ValueError("write `Action: <tool name>` and on the next line `Action Input: <JSON object>`")
    name = action["name"].strip("`\"' ")
    if name not in names:
        raise ValueError(f"there is no tool {name!r}; the tools are: {', '.join(names) or 'none'}")
    raw = plain[given.end() :].lstrip()
    fenced = re.match(r"```[a-z]*\s*", raw)
    raw = raw[fenced.end() :] if fenced else raw
    try:
        arguments, _ = json.JSONDecoder().raw_decode(raw)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"the action input of {name} is not valid JSON: {error}") from error
    if not isinstance(arguments, dict):
        raise ValueError(f"the action input of {name} must be one JSON object")
    return Action(name, cast("dict[str, Any]", arguments))


def write_action(action: Action) -> str:
    """The form that :func:`read_caller` reads."""
    return f"Action: {action.name}\nAction Input: {json.dumps(action.arguments, ensure_ascii=False)}"


def cut_observation(text: str) -> str:
    """A tool's result, at most ``MAX_OBSERVATION_CHARS`` characters long."""
    return text[:MAX_OBSERVATION_CHARS]


def write_history(turns: Sequence[Turn]) -> str:
    """The history as the models read it: one line a turn, each ended by ``</s>`` except observations."""
    return "\n".join(
        f"{turn.speaker}: {cut_observation(turn.text) if turn.speaker == 'observation' else turn.text}"
        f"{'' if turn.speaker == 'observation' else END}"
        for turn in turns
    )


def observed(text: str) -> Turn:
    """A tool's result as a turn: no line of it can be taken for the beginning or the end of another turn."""
    return Turn("observation", cut_observation(text.replace(END, "").strip().replace("\n", "\n  ")))


def recent(turns: Sequence[Turn], *, max_tokens: int = MAX_HISTORY_TOKENS) -> tuple[Turn, ...]:
    """The last turns that fit into ``max_tokens`` (an estimate); of the oldest of them perhaps the end alone."""
    kept: list[Turn] = []
    left = max_tokens
    for turn in reversed(turns):
        cost = estimate_tokens(write_history([turn])) + 1
        if cost > left:
            shortened = _end_of(turn, left)
            kept += [shortened] if shortened else []
            break
        kept.append(turn)
        left -= cost
    return tuple(reversed(kept))


def _end_of(turn: Turn, max_tokens: int) -> Turn | None:
    """The longest end of a turn that fits, found by halving; None when next to nothing does."""
    fits, too_long = 0, len(turn.text) + 1
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if estimate_tokens(write_history([_shortened(turn, middle)])) < max_tokens:
            fits = middle
        else:
            too_long = middle
    return _shortened(turn, fits) if fits >= MIN_END_CHARS else None


def _shortened(turn: Turn, characters: int) -> Turn:
    return Turn(turn.speaker, f"...{turn.text[len(turn.text) - characters :]}")
