"""What of a prompt's form is told at a glance: named columns for length, quantities, options, marks and question form.

No column names a topic; what a prompt is about comes from its embedding and its words. Counts go in as
``log(1 + count)``, so that a prompt ten times as long is some steps further and not ten times as far.
"""

import math
import re

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_OPENINGS = (
    *("what", "which", "who", "whom", "when", "where", "why", "how", "is", "are", "does", "can"),
    *("write", "find", "calculate", "compute", "let", "if", "suppose", "given", "the", "a", "in"),
)
_ASKED = ("what", "which", "who", "when", "where", "why", "how")
_MARKS: dict[str, str] = {
    "line breaks": "\n",
    "commas": ",",
    "stops": ".;:",
    "question marks": "?",
    "brackets": "([{",
    "quotes": "\"'`",
    "underscores": "_",
    "dollar signs": "$",
    "backslashes": "\\",
    "operators": "+*/=^<>|~&",
}
_LENGTHS = (
    *("characters", "words", "sentences", "words a sentence", "letters a word"),
    *("long words", "function words", "distinct words"),
    *("numbers", "longest number", "share of digits", "share of capitals", "other scripts"),
)
_OPTIONS = ("options", "letters an option", "spread of options", "options are numbers")
_FORMS = (
    *("ends with a question mark", "ends with a stop", "begins with a capital", "code", "negation", "all of the above"),
    *("wants a form", "proportions", "comparisons"),
)
COLUMNS: tuple[str, ...] = (
    *_LENGTHS,
    *_MARKS,
    *_OPTIONS,
    *_FORMS,
    *(f"begins with {word}" for word in _OPENINGS),
    *(f"asks {word}" for word in _ASKED),
)
_OPENING_COLUMN = {word: COLUMNS.index(f"begins with {word}") for word in _OPENINGS}
_ASKED_COLUMN = {word: COLUMNS.index(f"asks {word}") for word in _ASKED}

_HEAD, _TAIL = 6_000, 2_000
"""Of a longer text, so many characters from each end are read: the question stands at one of them."""
_LONG_WORD = 8
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_OPTION = re.compile(r"^[ \t]*\(?([A-J1-9])[.):][ \t]+(.*)$", re.MULTILINE)
_NUMERIC = re.compile(r"[\d\s.,$%+\-/()]*")
_CODE = ("def ", "import ", "```", "function", "return ", "#include", "select ", "()")
_OF_THE_ABOVE = ("all of the", "none of the", "both of the", "neither of the", "all of these", "none of these")
_FORM = ("boxed{", "answer with", "answer in", "answer as", "answer:", "final answer", "json")
_NEGATION_WORDS = "not no never none neither nor except cannot least incorrect false"
_PROPORTIONS = ("%", "percent", "fraction", "ratio", "rate", "average", "probability")
_COMPARISON_TEXT = (
    "more less fewer than times each every per total remaining left rest altogether combined difference half twice"
    " double triple third quarter"
)
_FUNCTION_TEXT = (
    "the a an of to in and is that for it as on with by at from are was were be been this which or not have has had but"
    " his her their its they he she you we i what who how when where if then than can will would all into any some no"
    " do does did each more most there about between other such these those also"
)
_NEGATIONS = frozenset(_NEGATION_WORDS.split())
_COMPARISONS = frozenset(_COMPARISON_TEXT.split())
_FUNCTION_WORDS = frozenset(_FUNCTION_TEXT.split())


_KINDS = (
    *(b"0123456789", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", bytes(range(128, 256))),
    *(marks.encode() for marks in _MARKS.values()),
)
_SHARES = 3
"""The first kinds of bytes count as shares of the text: digits, capitals, and what lies beyond ASCII."""
_KIND = bytes(next((number for number, kind in enumerate(_KINDS) if byte in kind), 255) for byte in range(256))
_NO_KIND = bytes(byte for byte in range(256) if _KIND[byte] == 255)
"""What each byte becomes, the number of its kind, and the bytes that are of none."""
_WORD_OR_SPACE = bytes(byte if _WORD.match(chr(byte)) else ord(" ") for byte in range(128)) + bytes(range(128, 256))


def cut(text: str) -> str:
    """The part of a text that is looked at: all of it up to 8,000 characters, else its first 6,000 and last 2,000."""
    return text if len(text) <= _HEAD + _TAIL else f"{text[:_HEAD]}\n{text[-_TAIL:]}"


def cheap_features(text: str) -> Floats:
    """The values of :data:`COLUMNS`, shape (66,), all finite whatever the text holds."""
    seen = cut(text)
    small = seen.lower()
    words = _words(small)
    different = set(words)
    values = _lengths(text, seen, words, different)
    values += _marks(seen)
    values += _options(seen)
    values += _forms(seen, small, words, different)
    out = np.zeros(len(COLUMNS), dtype=np.float32)
    out[: len(values)] = values
    opening = _OPENING_COLUMN.get(words[0]) if words else None
    if opening is not None:
        out[opening] = 1
    for word in _ASKED_COLUMN.keys() & different:
        out[_ASKED_COLUMN[word]] = 1
    return out


def _words(small: str) -> list[str]:
    # The same as the pattern finds, in a third of the time.
    if small.isascii():
        return small.encode().translate(_WORD_OR_SPACE).decode().split()
    return _WORD.findall(small)


def _marks(seen: str) -> list[float]:
    """Shares and counts of the kinds of bytes: what is of no kind is dropped, each other byte becomes its kind."""
    data = seen.encode("utf-8", "replace")
    found = data.translate(_KIND, _NO_KIND)
    counts = [found.count(kind) for kind in range(len(_KINDS))]
    length = max(1, len(data))
    return [*(count / length for count in counts[:_SHARES]), *map(math.log1p, counts[_SHARES:])]


def _lengths(text: str, seen: str, words: list[str], different: set[str]) -> list[float]:
    count = max(1, len(words))
    sentences = 1 + seen.count(". ") + seen.count("? ") + seen.count("! ")
    numbers = _NUMBER.findall(seen)
    return [
        math.log1p(len(text)),
        math.log1p(len(words)),
        math.log1p(sentences),
        math.log1p(len(words) / sentences),
        sum(map(len, words)) / count,
        len([word for word in words if len(word) > _LONG_WORD]) / count,
        sum(map(_FUNCTION_WORDS.__contains__, words)) / count,
        len(different) / count,
        math.log1p(len(numbers)),
        math.log1p(max(map(len, numbers), default=0)),
    ]


def _options(seen: str) -> list[float]:
    found = [said for _, said in _OPTION.findall(seen)]
    if len(found) < 2:
        return [0.0, 0.0, 0.0, 0.0]
    lengths = [len(said) for said in found]
    return [
        float(min(len(found), 10)),
        math.log1p(sum(lengths) / len(lengths)),
        math.log1p(max(lengths) - min(lengths)),
        float(all(_NUMERIC.fullmatch(said) for said in found)),
    ]


def _forms(seen: str, small: str, words: list[str], different: set[str]) -> list[float]:
    end = seen.rstrip()[-1:]
    return [
        float(end == "?"),
        float(end == "."),
        float(seen[:1].isupper()),
        float(any(map(small.__contains__, _CODE))),
        float(not _NEGATIONS.isdisjoint(different)),
        float(any(map(small.__contains__, _OF_THE_ABOVE))),
        float(any(map(small.__contains__, _FORM))),
        math.log1p(sum(map(small.__contains__, _PROPORTIONS))),
        math.log1p(sum(map(_COMPARISONS.__contains__, words))),
    ]
