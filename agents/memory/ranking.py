"""Which memories bear on a question: words and meaning, each in 0..1, half and half."""

import re
from collections.abc import Mapping

# Words that say nothing about the subject; without them "what is the ..." would match every question.
_STOP = frozenset(
    re.findall(
        r"\w+",
        "a about an and are as at be between by can could did do does for from had has have how i in is it its me my"
        " of on or our please should that the their there these this to us was we were what when where which who why"
        " will with would you your",
    )
)
_WORD = re.compile(r"[a-z0-9][a-z0-9.\-/]*[a-z0-9]|[a-z0-9]|[\u3400-\u9fff]+")

MIN_SCORE = 0.3


def terms(text: str) -> tuple[str, ...]:
    """Words for the index: lower case, without stop words; Chinese runs as overlapping pairs."""
    found: list[str] = []
    for word in _WORD.findall(text.lower()):
        if word[0] < "\u3400":
            if word not in _STOP:
                found.append(word)
        elif len(word) == 1:
            found.append(word)
        else:
            found += [word[at : at + 2] for at in range(len(word) - 1)]
    return tuple(dict.fromkeys(found))


def match_expression(words: tuple[str, ...]) -> str:
    """An FTS5 query that asks for any of the words."""
    return " OR ".join(f'"{word}"' for word in words)


def fuse(lexical: Mapping[int, float], dense: Mapping[int, float]) -> dict[int, float]:
    """Item to score. A lone strong sign suffices: an item missing on one side scores half on the other."""
    return {
        item: 0.5 * lexical.get(item, 0.0) + 0.5 * max(0.0, dense.get(item, 0.0))
        for item in lexical.keys() | dense.keys()
    }
