"""Scores the options of a question against evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from coreagent.models.builtin.evidence import Piece, Sentence
from coreagent.models.builtin.numbers import convert, quantities
from coreagent.models.builtin.similarity import similarities
from coreagent.models.builtin.words import overlap, terms, vocabulary
from coreagent.models.embedding import Embedder
from coreagent.questions import Option, ParsedQuestion


@dataclass(frozen=True, slots=True)
class Scored:
    """An option, its score, and the sentence or computed piece that speaks for it most."""

    option: Option
    score: float
    sentence: Sentence | None = None
    piece: Piece | None = None


def score_options(
    embedder: Embedder,
    parsed: ParsedQuestion,
    sentences: Sequence[Sentence],
    pieces: Sequence[Piece],
    *,
    weights: Mapping[str, float],
) -> list[Scored]:
    """Every option with its score, in the order of the question.

    A computed value that equals an option's value decides. Else an option scores by the sentence that holds both the
    option's own words (those other options lack count more) and the words of the stem.
    """
    computed = [_computed(option, pieces) for option in parsed.options]
    if sum(piece is not None for piece in computed) == 1:
        return [
            Scored(option, 1.0 if piece else 0.0, piece=piece)
            for option, piece in zip(parsed.options, computed, strict=True)
        ]
    counts: dict[str, int] = {}
    for option in parsed.options:
        for word in set(terms(option.text)):
            counts[word] = counts.get(word, 0) + 1
    stem_words = [word for word in dict.fromkeys(terms(parsed.stem[-3_000:]))]
    own_weights = {word: 1.0 / count for word, count in counts.items()}
    texts = [f"{parsed.stem[-600:]} {option.text}" for option in parsed.options]
    scored: list[Scored] = []
    for option, text in zip(parsed.options, texts, strict=True):
        alike = similarities(embedder, text, [sentence.text for sentence in sentences])
        scored.append(_best(option, stem_words, sentences, alike, weights=weights, own_weights=own_weights))
    return scored


def _best(
    option: Option,
    stem_words: Sequence[str],
    sentences: Sequence[Sentence],
    alike: Sequence[float],
    *,
    weights: Mapping[str, float],
    own_weights: Mapping[str, float],
) -> Scored:
    words = list(dict.fromkeys(terms(option.text)))
    wanted = {word: own_weights[word] * weights.get(word, max(weights.values(), default=1.0)) for word in words}
    best = Scored(option, 0.0)
    for sentence, likeness in zip(sentences, alike, strict=True):
        said = overlap(words, set(sentence.own), wanted)
        topic = overlap(stem_words, set(sentence.words), weights)
        # Both must be there: a sentence full of the stem's words says nothing for an option it never names.
        score = said * (0.35 + 0.65 * topic) + 0.3 * likeness + 0.1 * sentence.piece.score
        if _literal(option.text, sentence.text):
            score += 0.2
        if score > best.score:
            best = Scored(option, score, sentence, sentence.piece)
    return best


def _literal(option: str, sentence: str) -> bool:
    plain = " ".join(option.casefold().rstrip(".").split())
    return len(plain) > 2 and plain in " ".join(sentence.casefold().split())


def _computed(option: Option, pieces: Sequence[Piece]) -> Piece | None:
    values = quantities(option.text)
    if not values:
        return None
    value = values[0]
    for piece in pieces:
        if not piece.tool:
            continue
        for other in quantities(piece.text):
            same = convert(other, value.unit) if value.unit and other.unit else other.value
            if same is not None and abs(same - value.value) <= 5e-3 * max(abs(same), abs(value.value), 1e-9):
                return piece
    return None


def shared_words(option: Option, sentence: Sentence) -> set[str]:
    """Topic words that an option and a sentence have in common."""
    return vocabulary(option.text) & set(sentence.own)
