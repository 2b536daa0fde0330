"""Answers to a comparison: a sentence that says what each side is, and those that set one against the other."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from coreagent.models.builtin.comparisons import Comparison
from coreagent.models.builtin.evidence import Piece, Sentence, sentences_of, weights_of
from coreagent.models.builtin.relevance import Asked, relevance
from coreagent.models.builtin.words import terms
from coreagent.models.embedding import Embedder

MAX_CONTRASTS = 2
_SETS_AGAINST = re.compile(
    r"\b(?:whereas|while|unlike|differs?|different|instead|rather than|not the same|in contrast|but)\b", re.IGNORECASE
)
_ROW = re.compile(r"[^:;]+: [^;]+(?:; [^:;]+: [^;]+)+")


@dataclass(frozen=True, slots=True)
class _Side:
    text: str
    phrase: re.Pattern[str]
    own: frozenset[str]

    def named_by(self, sentence: Sentence) -> bool:
        """By its wording, or by the words that only this side has."""
        return bool(self.phrase.search(sentence.text)) or bool(self.own) and self.own <= sentence.own


def contrast(embedder: Embedder, asked: Comparison, passages: Sequence[Piece], *, enough: float) -> list[Sentence]:
    """A sentence for either side and up to ``MAX_CONTRASTS`` about both; empty unless both sides are spoken of.

    ``enough`` is the relevance below which a sentence is about something else.
    """
    left, right = _side(asked.left, asked.right), _side(asked.right, asked.left)
    about_left = _best(embedder, left, right, passages, enough)
    about_right = _best(embedder, right, left, passages, enough)
    against = _against(embedder, left, right, passages)
    if not against and (about_left is None or about_right is None):
        return []
    chosen: list[Sentence] = []
    for sentence in (about_left, about_right, *against):
        if sentence is not None and all(sentence.text != other.text for other in chosen):
            chosen.append(sentence)
    return chosen


def _side(text: str, other: str) -> _Side:
    wording = re.escape(text.removesuffix("s")).replace(r"\ ", r"[\s-]+")
    # "category A" and "category B" differ in a letter that is no word.
    lettered = re.search(r"\b[A-Z]\b", text)
    own = frozenset[str]() if lettered else frozenset(terms(text)) - frozenset(terms(other))
    return _Side(text, re.compile(rf"(?<![\w-]){wording}s?(?![\w-])", re.IGNORECASE), own)


def _best(embedder: Embedder, side: _Side, other: _Side, passages: Sequence[Piece], enough: float) -> Sentence | None:
    question = f"What is {side.text}?"
    sentences = [s for s in sentences_of(embedder, question, passages) if side.named_by(s)]
    if not sentences:
        return None
    asked, weights = Asked.of(question), weights_of(sentences)

    def score(sentence: Sentence) -> float:
        # A sentence that merely joins the two says of neither what it is, and one with neither at its head is aside.
        first = " ".join(sentence.text.split()[:8])
        subject = side.phrase.search(first) is not None
        joined = other.named_by(sentence) and not _sets_against(sentence, side, other)
        return relevance(sentence, asked, weights) + (0.1 if subject else -0.1) - (0.15 if joined else 0.0)

    best = max(sentences, key=score)
    return best if score(best) >= enough else None


def _against(embedder: Embedder, left: _Side, right: _Side, passages: Sequence[Piece]) -> list[Sentence]:
    question = f"What is the difference between {left.text} and {right.text}?"
    sentences = [s for s in sentences_of(embedder, question, passages) if _sets_against(s, left, right)]
    asked, weights = Asked.of(question), weights_of(sentences)
    ranked = sorted(sentences, key=lambda s: -relevance(s, asked, weights))[:MAX_CONTRASTS]
    return sorted(ranked, key=lambda s: (s.piece.number, s.place))


def _sets_against(sentence: Sentence, left: _Side, right: _Side) -> bool:
    """A row with a cell for each side, or a sentence with both and a word of contrast."""
    if not (left.named_by(sentence) and right.named_by(sentence)):
        return False
    if _ROW.fullmatch(sentence.text.rstrip(".")):
        heads = [cell.partition(":")[0] for cell in sentence.text.split(";")]
        return any(left.phrase.search(head) for head in heads) and any(right.phrase.search(head) for head in heads)
    return bool(_SETS_AGAINST.search(sentence.text))
