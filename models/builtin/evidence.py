"""Evidence sections as the summarizer sees them: sentences with scores against the question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from coreagent.models.builtin.sentences import passage_sentences
from coreagent.models.builtin.similarity import similarities
from coreagent.models.builtin.words import rarity, terms, vocabulary
from coreagent.models.embedding import Embedder
from coreagent.sections import Section

MAX_SENTENCES = 400
MAX_PASSAGE_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class Piece:
    """One evidence section: ``number`` to cite, ``source`` as text, ``tool``: it was computed; ``score`` in 0..1."""

    number: int
    text: str
    source: str
    tool: bool
    score: float


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a piece. ``words`` includes those of the piece's heading; ``likeness`` is to the question."""

    text: str
    piece: Piece
    place: int
    own: frozenset[str]
    words: frozenset[str]
    likeness: float


def pieces_of(found: Sequence[Section]) -> list[Piece]:
    """Evidence sections in order."""
    return [
        Piece(
            _integer(section.attributes.get("id", ""), position),
            section.body,
            section.attributes.get("source", ""),
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
        for place, text in enumerate(passage_sentences(piece.text[:MAX_PASSAGE_CHARS])):
            if text.casefold() not in seen and len(texts) < MAX_SENTENCES:
                seen.add(text.casefold())
                texts.append((text, piece, place))
    alike = similarities(embedder, question, [text for text, _, _ in texts])
    headings = {piece.number: vocabulary(piece.source) for piece in pieces}
    return [
        Sentence(text, piece, place, own := frozenset(vocabulary(text)), own | headings[piece.number], likeness)
        for (text, piece, place), likeness in zip(texts, alike, strict=True)
    ]


def weights_of(sentences: Sequence[Sentence]) -> Mapping[str, float]:
    """Rarity of words over the sentences."""
    return rarity(set(sentence.own) for sentence in sentences)


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
