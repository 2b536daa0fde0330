"""Flags that people write into a question: ``[size=0.3, recency=0.1]`` or ``/flag size=0.3 recency=0.1``."""

import re
import string
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from coreagent.errors import UnknownNameError, UsageError

FLAGS = ("size", "recency", "security", "verbosity", "readability", "energy")
"""What can be wished for besides quality: a small, recent, secure, terse, readable, frugal model."""

MAX_WEIGHT = 10.0

# Keys and numbers are bounded, and what was read is not read again otherwise, so that no text makes the search slow.
_NUMBER = r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40}|inf|nan)(?:[eE][+-]?\d{1,9})?"
_PAIR = rf"[A-Za-z][A-Za-z_]{{0,31}}={_NUMBER}"
_BRACKETS = rf"(?<!\S)(?:\[{_PAIR}(?:(?:[,;]? |[,;]){_PAIR})*+\])++(?=[.,;:!?]*(?!\S))"
_COMMAND = rf"(?<!\S)/flag(?: {_PAIR}(?:[,;]{_PAIR})*+[,;]?(?!\S))++"
# What others wrote: blocks and spans of code, quoted lines, and what stands in double quotes on one line.
_QUOTED = (
    r"(?m:^[ \t]*(?P<fence>```+|~~~+)[^`\n]*$(?s:.*?)(?:^[ \t]*(?P=fence)|\Z))|(?m:^[ \t]*>.*$)"
    r'|(?<!`)(?P<ticks>`{1,3}+)[^`\n]*+(?P=ticks)|"[^"\n]*+"|\u201c[^\u201c\u201d\n]*+\u201d'
)
# The space before what is taken out goes with it.
_ANY = re.compile(rf"{_QUOTED}|(?P<flags>(?:(?<=\S)[ \t])?(?:{_BRACKETS}|(?P<command>{_COMMAND})))")

_NO_FLAG = "What is no flag can stand in `backquotes`."


class Flagged(NamedTuple):
    """A text without its flags, and their weights."""

    text: str
    weights: Mapping[str, float]


def parse_flags(text: str) -> Flagged:
    """Take the flags out of a text, so that no model sees them.

    Brackets and commands must stand between white space or the ends of the text; a full stop or the like may follow
    brackets. Code in backquotes, lines quoted with ``>`` and what stands in double quotes on one line are left alone.
    So are brackets with other keys, since they are part of the question, unless each key is a flag or one letter away
    from one: that is a misspelt one. The last of several weights of one flag counts.

    Raises:
        UnknownNameError: a misspelt flag.
        UsageError: a weight outside 0..10.
    """
    weights: dict[str, float] = {}

    def taken(match: re.Match[str]) -> str:
        if match["flags"] is None:
            return match[0]
        pairs = [tuple(pair.split("=")) for pair in re.findall(_PAIR, match[0])]
        unknown = [key for key, _ in pairs if key not in FLAGS]
        meant = match["command"] or all(key.lower() in _misspelt() for key, _ in pairs)
        if unknown and not meant:
            return match[0]
        if unknown:
            raise UnknownNameError("flag", unknown[0], FLAGS, mend=f"Known: {', '.join(FLAGS)}. {_NO_FLAG}")
        weights.update({key: _weight(key, number) for key, number in pairs})
        return ""

    left = _ANY.sub(taken, text)
    if not weights:
        return Flagged(text, {})
    return Flagged(left.strip(), weights)


@cache
def _misspelt() -> frozenset[str]:
    """Every flag, and every word that one letter too many, too few, swapped or wrong makes of it.

    Of short flags no wrong letter is assumed: ``site`` is a word of its own.
    """
    words = set(FLAGS)
    for flag in FLAGS:
        parts = [(flag[:place], flag[place:]) for place in range(len(flag) + 1)]
        words |= {left + right[1:] for left, right in parts if right}
        words |= {left + right[1] + right[0] + right[2:] for left, right in parts if len(right) > 1}
        words |= {left + letter + right for left, right in parts for letter in string.ascii_lowercase}
        if len(flag) < 5:
            continue
        words |= {left + letter + right[1:] for left, right in parts[:-1] for letter in string.ascii_lowercase}
    return frozenset(words)


def _weight(key: str, written: str) -> float:
    weight = float(written)
    if not 0 <= weight <= MAX_WEIGHT:
        raise UsageError(
            f"the weight of flag {key} is {written[:20]}",
            mend=f"Give 0 to {MAX_WEIGHT:g}, such as [{key}=0.3]. {_NO_FLAG}",
        )
    return weight
