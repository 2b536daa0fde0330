"""What of a question's wording says how hard it is in any field: named columns, each larger for the harder.

Length, quantities, sentence structure, rare words. None names a topic: topics that are hard in one table of outcomes
are not in another, while a question with more to hold together is harder nearly everywhere. Counts go in as
``log(1 + count)``.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

COLUMNS = (
    "characters",
    "information",
    "content words",
    "distinct words",
    "rarest words",
    "names",
    "quantities",
    "number words",
    "fractions",
    "largest number",
    "comparisons",
    "multiples",
    "sentences",
    "longest sentence",
    "commas",
    "subordination",
    "conditions",
    "verb forms",
    "negations",
)

_HEAD, _TAIL = 6_000, 2_000
"""Of a longer text, so many characters from each end are read: the question stands at one of them."""
_RAREST = 5
_RAREST_COLUMN, _LARGEST_COLUMN = COLUMNS.index("rarest words"), COLUMNS.index("largest number")
_LARGEST = 8.0
_KEPT_TWICE = 2

_OPTION = re.compile(r"\n\(?([A-J])[.)] ")
_ANSWER = re.compile(r"\n?Answer:\s*$")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_NAME = re.compile(r"(?<=[^.!?\s] )[A-Z][a-z]+")
_DIVIDED = re.compile(r"\d\s?/\s?\d")
_BREAKS = str.maketrans(
    dict.fromkeys("0123456789_!\"#$%&'()*+,-./:;<=>?@[\\]^`{|}~\u2013\u2014\u2018\u2019\u201c\u201d\u2026", " ")
)
"""What parts words. A table and ``split`` take a quarter of the time of a pattern."""

_KINDS = {
    "number words": "one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred"
    " thousand million dozen half twice double triple third thirds quarter",
    "fractions": "percent half third thirds quarter quarters fourth fourths fifth fifths",
    "comparisons": "more less fewer times each every per total remaining left rest twice than altogether combined"
    " average difference ratio",
    "multiples": "than times twice",
    "negations": "not no never none neither nor except cannot least incorrect false unlikely without",
    "subordination": "if when because although while since unless until whereas that which who whose whom after before"
    " though so than",
    "conditions": "if then when after before until",
}
_KINDS_OF: dict[str, tuple[str, ...]] = {
    word: tuple(kind for kind, members in _KINDS.items() if word in members.split())
    for word in sorted({word for members in _KINDS.values() for word in members.split()})
}
_FUNCTION_TEXT = (
    "a an the of to in is are was were be been and or for on at by with from as that this these those it its his her he"
    " she they them their which who what when where how why do does did has have had can could will would should may"
    " might must if than then there most more not you your i we"
)
_FUNCTION_WORDS = frozenset(_FUNCTION_TEXT.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class WordCounts:
    """In how many of ``texts`` texts each word stands. Words that stand in one only are left out."""

    texts: int
    counts: Mapping[str, int] = field(repr=False)
    _rarities: dict[str, float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Take the logarithms once."""
        object.__setattr__(self, "_rarities", {word: self._rarity(n, 0) for word, n in self.counts.items()})

    @classmethod
    def of(cls, texts: Sequence[str]) -> Self:
        """Counted."""
        counts = Counter[str]()
        for text in texts:
            counts.update(set(words(_cut(text))))
        return cls(texts=len(texts), counts={word: n for word, n in counts.items() if n >= _KEPT_TWICE})

    def rarities(self, said: Iterable[str], *, own: int = 0) -> list[float]:
        """Of each word, the logarithm of how many texts there are to one with it, ``own`` texts with it left out."""
        if own:
            return [self._rarity(self.counts.get(word, own) - own, own) for word in said]
        known, unknown = self._rarities, self._rarity(0, 0)
        return [known.get(word, unknown) for word in said]

    def _rarity(self, count: int, own: int) -> float:
        return math.log((self.texts + 1 - own) / (1 + max(0, count)))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an artefact: the words as one UTF-8 text."""
        kept = sorted(self.counts)
        return {
            "words": np.frombuffer("\n".join(kept).encode(), dtype=np.uint8).copy(),
            "word_counts": np.array([self.counts[word] for word in kept], dtype=np.int64),
            "texts": np.array(self.texts, dtype=np.int64),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """As :meth:`arrays` wrote them.

        Raises:
            KeyError: one is missing.
            ValueError: words and counts do not pair.
        """
        text = arrays["words"].tobytes().decode()
        kept = text.split("\n") if text else []
        return cls(
            texts=int(arrays["texts"]),
            counts=dict(zip(kept, arrays["word_counts"].tolist(), strict=True)),
        )


def words(text: str) -> list[str]:
    """Words in small letters, without numbers."""
    return text.lower().translate(_BREAKS).split()


def parts(text: str) -> tuple[str, tuple[str, ...]]:
    """The question, and its lettered options, if it has any (lines that begin with ``A.``, ``A)`` or ``(A)``)."""
    marks = list(_OPTION.finditer(text))
    first = next((place for place, mark in enumerate(marks) if mark[1] == "A"), None)
    if first is None or len(marks) - first < 2:
        return text, ()
    marks = marks[first:]
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    options = tuple(_ANSWER.sub("", text[mark.end() : end]).strip() for mark, end in zip(marks, ends, strict=True))
    return text[: marks[0].start()], options


def row(text: str, counts: WordCounts, *, own: int = 0) -> Doubles:
    """The columns of one text, shape (len(COLUMNS),). ``own`` is 1 where the text itself is among those counted."""
    whole = len(text) <= _HEAD + _TAIL
    stem, options = parts(text if whole else _cut(text))
    said = words(stem)
    everywhere = [*said, *words(" ".join(options))] if options else said
    rarities = counts.rarities(everywhere, own=own)
    content = sorted(rarity for word, rarity in zip(everywhere, rarities, strict=True) if word not in _FUNCTION_WORDS)
    numbers = _NUMBER.findall(stem)
    kinds = Counter(chain.from_iterable([_KINDS_OF[word] for word in said if word in _KINDS_OF]))
    sentences = _sentences(stem)
    found = {
        "characters": len(stem) if whole else len(text),
        "information": sum(rarities),
        "content words": len(content),
        "distinct words": len(set(said)),
        "names": len(set(_NAME.findall(stem))),
        "quantities": len(numbers) + kinds["number words"],
        "sentences": len(sentences),
        "longest sentence": max([part.count(" ") + 1 for part in sentences], default=0),
        "commas": stem.count(","),
        "verb forms": len([word for word in said if word.endswith(("ed", "ing"))]),
        **kinds,
    }
    found["fractions"] = kinds["fractions"] + stem.count("%") + stem.count("\\frac")
    if "/" in stem:
        found["fractions"] += len(_DIVIDED.findall(stem))
    out = np.log1p([found.get(name, 0.0) for name in COLUMNS])
    # These two are means of logarithms already.
    out[_RAREST_COLUMN] = sum(content[-_RAREST:]) / len(content[-_RAREST:]) if content else 0.0
    out[_LARGEST_COLUMN] = min(_LARGEST, math.log10(1 + _largest(numbers)))
    return out


def table(texts: Sequence[str], counts: WordCounts, *, own: int = 0) -> Doubles:
    """The columns of several texts, shape (n, len(COLUMNS))."""
    return np.array([row(text, counts, own=own) for text in texts]).reshape(len(texts), len(COLUMNS))


def _cut(text: str) -> str:
    return text if len(text) <= _HEAD + _TAIL else f"{text[:_HEAD]}\n{text[-_TAIL:]}"


def _sentences(stem: str) -> list[str]:
    marked = stem.replace("\n", ". ").replace("? ", ". ").replace("! ", ". ")
    return [part for part in marked.split(". ") if part.strip()]


def _largest(numbers: Sequence[str]) -> float:
    # Twenty digits are as large as any more: a number of a thousand would not be a float.
    return max((float(number.replace(",", "")[:20]) for number in numbers), default=0.0)
