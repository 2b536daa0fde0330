"""The operating point of a router, asked for in a user's words."""

import re
from dataclasses import dataclass
from typing import Literal, assert_never

from coreagent.errors import InputError

WishKind = Literal["below_best", "usd", "local", "quality", "each"]

EXAMPLES = (
    "at most 1 point below the best model",
    "at most $2 per 1,000",
    "80 % local",
    "at least 0.7",
    "each at least 0.7",
)
_NUMBER = r"(?P<number>\d+(?:,\d{3})*(?:\.\d+)?|\.\d+)"
_CALLS = r"(?:\s+(?:calls?|questions?|queries|prompts?))?"
_PATTERNS: tuple[tuple[WishKind, str], ...] = (
    (
        "below_best",
        rf"(?:at most |no more than |up to )?{_NUMBER}\s*(?:percentage )?(?:points?|pp) (?:below|under|behind) "
        r"(?:the )?best(?: single)?(?: model)?",
    ),
    (
        "below_best",
        rf"within {_NUMBER}\s*(?:percentage )?(?:points?|pp) of (?:the )?best(?: single)?(?: model)?",
    ),
    (
        "usd",
        rf"(?:at most |no more than |up to |under )?\$\s*{_NUMBER}\s*(?:per|a|an|for|/)\s*"
        rf"(?P<unit>1,?000|1k|thousand|1,?000,?000|million|call|question|query|prompt){_CALLS}",
    ),
    ("local", rf"(?:at least )?{_NUMBER}\s*(?:%|percent) (?:local|on site|on-site)"),
    ("each", rf"each (?:answer )?at least {_NUMBER}(?P<percent>\s*(?:%|percent))?"),
    ("quality", rf"(?:quality )?(?:of )?at least {_NUMBER}(?P<percent>\s*(?:%|percent))?(?: right)?"),
)
_PER = {"1000": 1e3, "1k": 1e3, "thousand": 1e3, "1000000": 1e6, "million": 1e6}
_MOST: dict[WishKind, float] = {"below_best": 1.0, "usd": float("inf"), "local": 1.0, "quality": 1.0, "each": 1.0}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a router.

    ``kind`` and ``value`` together: mean quality at most ``value`` (0.01 is one point) ``below_best`` single model; at
    most ``value`` ``usd`` a call on average; at least a share ``value`` of calls ``local``; a mean ``quality`` of at
    least ``value``; or a predicted quality of at least ``value`` at ``each`` call, and the best where none reaches it.
    """

    kind: WishKind
    value: float

    def __post_init__(self) -> None:
        """Refuse what nobody can mean."""
        if not 0 <= self.value <= _MOST[self.kind] or self.value == float("inf"):
            raise InputError(f"{self.value:g} can not be wished for ({self.kind})", mend=_mend())

    def __str__(self) -> str:
        """In words that :func:`parse_wish` reads back."""
        match self.kind:
            case "below_best":
                points = self.value * 100
                return f"at most {points:.6g} point{'' if f'{points:.6g}' == '1' else 's'} below the best model"
            case "usd":
                return f"at most ${self.value * 1000:.6g} per 1,000"
            case "local":
                return f"{self.value * 100:.6g} % local"
            case "quality":
                return f"at least {self.value:.6g}"
            case "each":
                return f"each at least {self.value:.6g}"
            case _:
                assert_never(self.kind)


def parse_wish(text: str) -> Wish:
    """Read a wish such as ``at most 1 point below the best model``; see ``EXAMPLES`` for the forms.

    Raises:
        InputError: it says none of them, or a number that can not be meant.
    """
    plain = " ".join(text.casefold().split()).rstrip(".")
    for kind, pattern in _PATTERNS:
        found = re.fullmatch(pattern, plain)
        if found:
            return Wish(kind, _value(kind, found))
    raise InputError(f"{text[:80]!r} is no operating point", mend=_mend())


def _value(kind: WishKind, found: re.Match[str]) -> float:
    number = float(found["number"].replace(",", ""))
    named = found.groupdict()
    if kind == "usd":
        return number / _PER.get((named["unit"] or "").replace(",", ""), 1.0)
    share = kind in ("below_best", "local") or bool(named.get("percent"))
    return number / 100 if share else number


def _mend() -> str:
    return f"Say one of: {'; '.join(EXAMPLES)}."
