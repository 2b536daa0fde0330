"""Evidence sections as the summarizer sees them: sentences with scores against the question."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from coreagent.models.builtin.sentences import passage_sentences
from coreagent.models.builtin.similarity import similarities
from coreagent.models.builtin.synonyms import equivalents, widened
from coreagent.models.builtin.words import rarity, terms, vocabulary
from coreagent.models.embedding import Embedder
from coreagent.sections import Section

MAX_SENTENCES = 400
MAX_PASSAGE_CHARS = 20_000
MAX_SOURCE_CHARS = 1_000
CONTEXT = 2
"""Sentences before one that may name what it speaks of."""
DAMPING = 0.4
_WORD = re.compile(r"\w+")
_CAPTION = re.compile(r"(?:Table|Figure|Fig\.) ?[A-Z]?[\d.-]*\d[a-z]?\s*[:.\u2013\u2014-]\s*\w|Table [A-Z][\d.-]*\s*:")
_COVER = re.compile(r"[\w./ -]{3,60} V?\d+(?:\.\d+)+ \(\d{4}-\d\d(?:-\d\d)?\)\.?")
"""A document's number, version and date, as its cover has them."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One evidence section: ``number`` to cite, ``source`` as text, ``tool``: it was computed; ``score`` in 0..1."""

    number: int
    text: str
    source: str
    tool: bool
    score: float

    @property
    def title(self) -> str:
        """The document's title, where the source has one in quotes."""
        match = re.search(r'"([^"]+)"', self.source)
        return match[1] if match else ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a piece.

    ``words`` includes those of the piece's heading, ``around`` also those of the two sentences before it, on which
    it may depend; ``likeness`` is to the question. ``bare``: it only names what follows, as a title or caption does.
    """

    text: str
    piece: Piece
    place: int
    own: frozenset[str]
    words: frozenset[str]
    around: frozenset[str]
    likeness: float
    bare: bool = False


def pieces_of(found: Sequence[Section]) -> list[Piece]:
    """Evidence sections in order."""
    return [
        Piece(
            _integer(section.attributes.get("id", ""), position),
            section.body[:MAX_PASSAGE_CHARS],
            section.attributes.get("source", "")[:MAX_SOURCE_CHARS],
            section.attributes.get("kind") == "tool",
            _share(section.attributes.get("score", "")),
        )
        for position, section in enumerate(found, 1)
    ]


def sentences_of(embedder: Embedder, question: str, pieces: Sequence[Piece]) -> list[Sentence]:
    """Sentences of the passages, each once, with their likeness to the question."""
    texts: list[tuple[str, Piece, int]] = []
    seen: set[str] = set()
    for piece in pieces:
        for place, text in enumerate(passage_sentences(piece.text)):
            if text.casefold() not in seen and len(texts) < MAX_SENTENCES:
                seen.add(text.casefold())
                texts.append((text, piece, place))
    alike = similarities(embedder, question, [text for text, _, _ in texts])
    headings = {piece.number: heading_words(piece) for piece in pieces}
    same = equivalents(question, [piece.text for piece in pieces])
    own = [widened(frozenset(vocabulary(text)), same) for text, _, _ in texts]
    found: list[Sentence] = []
    for at, ((text, piece, place), likeness) in enumerate(zip(texts, alike, strict=True)):
        words = own[at] | headings[piece.number]
        before = [own[i] for i in range(max(0, at - CONTEXT), at) if texts[i][1] is piece]
        around = words.union(*before)
        found.append(Sentence(text, piece, place, own[at], words, around, likeness, bare=is_bare(text, piece.source)))
    return found


def is_bare(text: str, source: str) -> bool:
    """True for a line that is no sentence: the caption of a table or figure, or words that its own citation has."""
    if _COVER.fullmatch(text):
        return True
    if text.endswith((".", "!", "?", "\u3002")):
        return False
    words = " ".join(_WORD.findall(text.casefold()))
    return bool(_CAPTION.match(text)) or f" {words} " in f" {' '.join(_WORD.findall(source.casefold()))} "


def heading_words(piece: Piece) -> frozenset[str]:
    """Words of the source, title acronyms among them."""
    return frozenset(vocabulary(piece.source)) | title_words(piece)


def title_words(piece: Piece) -> frozenset[str]:
    """Words of the title, and the acronyms that its capitals make, whole and on either side of "and"."""
    names = [piece.title, *re.split(r",| and ", piece.title)]
    initials = {"".join(word[0] for word in re.findall(r"[A-Z][\w-]*", name)).lower() for name in names}
    return frozenset(vocabulary(piece.title) | {short for short in initials if len(short) > 1})


def weights_of(sentences: Sequence[Sentence]) -> Mapping[str, float]:
    """Rarity of words over the sentences, damped: what all of them speak of is still what was asked about."""
    found = rarity(set(sentence.own) for sentence in sentences)
    most = max(found.values(), default=1.0)
    return {word: DAMPING + (1 - DAMPING) * weight / most for word, weight in found.items()}


def asked_terms(question: str) -> list[str]:
    """Topic words of a question, each once."""
    return list(dict.fromkeys(terms(question[:4_000])))


def _integer(text: str, otherwise: int) -> int:
    return int(text) if text.isdigit() else otherwise


def _share(text: str) -> float:
    try:
        return max(0.0, min(1.0, float(text)))
    except ValueError:
        return 1.0
