"""What is a word of a text, for finding it again: for the index, for a query, and for the excerpt around it.

Scripts that put no space between words are taken sign by sign, and a run of signs in a query is a phrase: so any part
of such a text is found. All else is left to SQLite's ``unicode61``: letters and digits, without case and accents.
"""

import re
import unicodedata
from dataclasses import dataclass

from coreagent.visible import visible

MAX_WORDS = 24
"""Words of a query that are used."""
MAX_QUERY_CHARS = 1_000
EXCERPT_CHARS = 160
"""About so long is an excerpt."""

# Thai to Burmese, Khmer, Chinese and Japanese, Korean, and the rarer Chinese signs.
_SIGNS = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u30ff\u3130-\u318f\u31f0-\u31ff"
    r"\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_SIGN = re.compile(f"[{_SIGNS}]")
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[ -/]*[0-~])")
_ASKED = re.compile(r'"([^"]*)"?|([^\s"]+)')
_TOKEN = re.compile(rf"[{_SIGNS}]|[^\W_{_SIGNS}]+")
_CONTEXT_CHARS = 48
_MAX_MATCHES = 400


def indexable(text: str) -> str:
    """The text with a space around each sign of a script that has none, and no terminal escapes.

    The index holds this form of every text.
    """
    text = _without_escapes(text)
    return text if text.isascii() else _SIGN.sub(r" \g<0> ", text)


@dataclass(frozen=True, slots=True)
class Query:
    """``match`` is for FTS5, empty when nothing can be searched for; ``patterns`` find its parts in folded text."""

    match: str
    patterns: tuple[re.Pattern[str], ...]


def parse_query(words: str) -> Query:
    """Read what a person typed. Every word must be there; ``"in quotes"`` is a phrase; the last word may go on.

    Nothing is an operator, so no input is an error.
    """
    words = unicodedata.normalize("NFC", words[:MAX_QUERY_CHARS]).replace("\x00", " ")
    parts: list[str] = []
    patterns: list[re.Pattern[str]] = []
    found = list(_ASKED.finditer(words))[:MAX_WORDS]
    for number, asked in enumerate(found):
        text = asked[1] if asked[1] is not None else asked[2]
        tokens = _TOKEN.findall(fold(text))
        if not tokens:
            continue
        last = number == len(found) - 1 and asked[2] is not None and asked.end() == len(words)
        # One letter begins so many words that it says nothing, and a sign is a whole word.
        goes_on = last and len(tokens[-1]) > 1
        # In quotes everything is text, and is taken apart as the index takes texts apart.
        parts.append(f'"{indexable(text)}"' + (" *" if goes_on else ""))
        patterns.append(_pattern(tokens, goes_on=goes_on))
    return Query(" ".join(parts), tuple(patterns))


def fold(text: str) -> str:
    """Lower case without accents and terminal escapes, of the same length: places in it are places in the text."""
    text = _without_escapes(text)
    if text.isascii():
        return text.lower()
    table = {ord(char): _plain(char) for char in set(text)}
    return text.translate(table)


def _without_escapes(text: str) -> str:
    """Blanks in their place: the ``31m`` of a colour is no part of the word behind it."""
    return _ESCAPE.sub(lambda match: " " * len(match[0]), text) if "\x1b" in text else text


def _plain(char: str) -> str:
    base = unicodedata.normalize("NFD", char)[:1].lower() if not _SIGN.match(char) else char
    return base if len(base) == 1 else char


def _pattern(tokens: list[str], *, goes_on: bool) -> re.Pattern[str]:
    between = [
        r"[\W_]*" if _SIGN.match(left) or _SIGN.match(right) else r"[\W_]+"
        for left, right in zip(tokens, tokens[1:], strict=False)
    ]
    body = "".join(re.escape(token) + gap for token, gap in zip(tokens, [*between, ""], strict=True))
    before = "" if _SIGN.match(tokens[0]) else rf"(?<![^\W_{_SIGNS}])"
    after = rf"[^\W_{_SIGNS}]*" if goes_on else "" if _SIGN.match(tokens[-1]) else rf"(?![^\W_{_SIGNS}])"
    return re.compile(before + body + after)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A line of a text, safe to show, what was found at ``marks``; ``held`` counts the query's parts in the text."""

    text: str
    marks: tuple[tuple[int, int], ...]
    held: int


def excerpt(text: str, query: Query) -> Excerpt:
    """The part of ``text`` that holds most of the query."""
    folded = fold(text)
    spans: list[tuple[int, int, int]] = []
    for number, pattern in enumerate(query.patterns):
        for count, match in enumerate(pattern.finditer(folded)):
            if count == _MAX_MATCHES:
                break
            spans.append((match.start(), match.end(), number))
    spans.sort()
    start = _densest(spans)
    end = min(len(text), start + EXCERPT_CHARS)
    if start:
        # Begin at a word, where one is near.
        space = text.find(" ", start, start + 20)
        start = space + 1 if space >= 0 else start
    inside = _apart([(low, high) for low, high, _ in spans if start <= low and high <= end])
    pieces: list[str] = ["... "] if start else []
    marks: list[tuple[int, int]] = []
    length, at = sum(map(len, pieces)), start
    for low, high in [*inside, (end, end)]:
        for piece, marked in ((text[at:low], False), (text[low:high], True)):
            shown = visible(piece).replace("\n", " ").replace("\t", " ")
            if marked and shown:
                marks.append((length, length + len(shown)))
            pieces.append(shown)
            length += len(shown)
        at = high
    return Excerpt(
        "".join(pieces) + (" ..." if end < len(text) else ""), tuple(marks), len({number for *_, number in spans})
    )


def _densest(spans: list[tuple[int, int, int]]) -> int:
    """Where to begin so that most different parts are in the excerpt; the earliest of equals."""
    best, most = 0, 0
    for index, (low, _, _) in enumerate(spans):
        start = max(0, low - _CONTEXT_CHARS)
        inside: set[int] = set()
        for _, high, number in spans[index:]:
            if high > start + EXCERPT_CHARS:
                break
            inside.add(number)
        if len(inside) > most:
            best, most = start, len(inside)
    return best


def _apart(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Without those that begin inside another."""
    kept: list[tuple[int, int]] = []
    for low, high in spans:
        if high > low and (not kept or low >= kept[-1][1]):
            kept.append((low, high))
    return kept
