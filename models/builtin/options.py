"""Scores the options of a question against evidence."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from coreagent.models.builtin.evidence import Piece, Sentence
from coreagent.models.builtin.numbers import convert, quantities
from coreagent.models.builtin.similarity import similarities
from coreagent.models.builtin.words import overlap, terms
from coreagent.models.embedding import Embedder
from coreagent.questions import Option, ParsedQuestion

SHORT = 4
"""Options of at most so many words are names."""
_LEADING = re.compile(r"^(?:(?:in|on|at|by|to|from|of|with|over|inside|an?|the|it|is|are)\s+)+")


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
    """Every option with its score in 0..1, in the order of the question.

    A computed value that equals one option's value decides. Else an option scores by the sentence that has most of its
    words together with the question's, by the likeness of that sentence to both, and by standing there word for word;
    the first two are relative to the best option.
    """
    computed = [_computed(option, pieces) for option in parsed.options]
    if sum(piece is not None for piece in computed) == 1:
        return [
            Scored(option, 1.0 if piece else 0.0, piece=piece)
            for option, piece in zip(parsed.options, computed, strict=True)
        ]
    stem = parsed.stem[-3_000:]
    asked = list(dict.fromkeys(terms(stem)))
    about = [overlap(asked, set(sentence.words), weights) for sentence in sentences]
    texts = [sentence.text for sentence in sentences]
    to_stem = similarities(embedder, stem[-600:], texts)
    matches = [
        _match(option, asked, sentences, about, to_stem, similarities(embedder, option.text, texts), weights=weights)
        for option in parsed.options
    ]
    best_mass = max((match.mass for match in matches), default=0.0) or 1.0
    best_likeness = max((match.likeness for match in matches), default=0.0) or 1.0
    if all(len(option.text.split()) <= SHORT and not option.text[:1].isdigit() for option in parsed.options):
        # Names: a rare one is not the likelier for it, and what counts is where it stands.
        best_literal = max((match.literal for match in matches), default=0.0) or 1.0
        return [
            Scored(match.option, 0.4 * match.likeness / best_likeness + 0.6 * match.literal / best_literal, match.named)
            for match in matches
        ]
    return [
        Scored(
            match.option,
            0.35 * match.mass / best_mass + 0.35 * match.likeness / best_likeness + 0.3 * match.literal,
            match.sentence,
        )
        for match in matches
    ]


@dataclass(frozen=True, slots=True)
class _Match:
    option: Option
    mass: float
    likeness: float
    literal: float
    sentence: Sentence | None
    named: Sentence | None
    """The sentence where the option stands word for word and that is nearest to the question, else ``sentence``."""


def _match(
    option: Option,
    asked: Sequence[str],
    sentences: Sequence[Sentence],
    about: Sequence[float],
    to_stem: Sequence[float],
    to_option: Sequence[float],
    *,
    weights: Mapping[str, float],
) -> _Match:
    """Words, not their share: a long option that is right in every word must beat a short one that is vague."""
    words = set(terms(option.text))
    new = words - set(asked)
    best, named, mass, likeness, literal = None, None, 0.0, 0.0, 0.0
    for sentence, topic, near_stem, near_option in zip(sentences, about, to_stem, to_option, strict=True):
        said = sum(weights.get(word, 0.0) for word in new & sentence.own)
        said += 0.3 * sum(weights.get(word, 0.0) for word in (words - new) & sentence.own)
        said *= 0.2 + topic
        if said > mass:
            best, mass = sentence, said
        likeness = max(likeness, near_stem * near_option)
        if _literal(option.text, sentence.text) and topic > literal:
            named, literal = sentence, topic
    return _Match(option, mass, likeness, literal, best, named or best)


def _literal(option: str, sentence: str) -> bool:
    plain = _LEADING.sub("", " ".join(option.casefold().rstrip(".").split()))
    # A part of a name is not the name: "RU" does not stand in "O-RU".
    return len(plain) > 1 and bool(
        re.search(rf"(?<![\w-]){re.escape(plain)}(?!\w|-[A-Za-z]*[A-Z])", " ".join(sentence.split()), re.IGNORECASE)
    )


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
