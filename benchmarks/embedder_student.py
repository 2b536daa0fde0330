"""The static model while it is trained: one float row a token, texts as bags of tokens, gradients written out.

A batch is a small dense matrix of counts over the tokens that occur in it, so that pooling is one matrix product and
its gradient another; only those rows are touched. Everything is float32 numpy and depends on the seed alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

Floats = NDArray[np.float32]
Whole = NDArray[np.int64]
_UNKNOWN = "[UNK]"
_MOST_TOKENS = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to train. The defaults are those of the shipped model."""

    epochs: int = 4
    batch: int = 512
    rate: float = 0.03
    temperature: float = 0.08
    teacher_temperature: float = 0.05
    soft: float = 0.5
    """Share of the teacher's similarities in the target of the contrastive loss; the rest is the pair itself."""
    match: float = 1.0
    """Weight of one minus the cosine to the teacher's vector."""
    pull: float = 0.0
    """Part of the way back to the base row, each time a row is touched, at full learning rate."""


@dataclass(frozen=True, slots=True)
class Bags:
    """Token counts of texts: those of text ``n`` are ``ids[starts[n]:starts[n + 1]]``."""

    ids: Whole
    counts: Floats
    starts: Whole

    def matrix(self, which: Whole) -> tuple[Whole, Floats]:
        """The tokens that occur in these texts, and a dense matrix of their counts, one row a text."""
        lengths = self.starts[which + 1] - self.starts[which]
        ends = np.cumsum(lengths)
        at = np.arange(int(ends[-1])) + np.repeat(self.starts[which] - (ends - lengths), lengths)
        used, columns = np.unique(self.ids[at], return_inverse=True)
        out = np.zeros((len(which), len(used)), dtype=np.float32)
        out[np.repeat(np.arange(len(which)), lengths), columns] = self.counts[at]
        return used, out


class Student:
    """Vocabulary and rows."""

    def __init__(self, vocabulary: Sequence[str], rows: Floats) -> None:
        """Rows in the order of the vocabulary."""
        self.vocabulary, self.rows = list(vocabulary), rows.astype(np.float32)
        self._tokenizer = _tokenizer(self.vocabulary)
        self._unknown = self.vocabulary.index(_UNKNOWN)

    def bags(self, texts: Sequence[str]) -> Bags:
        """Count the tokens of each text, unknown ones left out, the first 512 of a long text."""
        ids: list[Whole] = []
        counts: list[NDArray[np.int64]] = []
        for encoding in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False):
            found = np.array(encoding.ids[:_MOST_TOKENS], dtype=np.int64)
            unique, count = np.unique(found[found != self._unknown], return_counts=True)
            ids.append(unique)
            counts.append(count)
        starts = np.concatenate([[0], np.cumsum([len(part) for part in ids])]).astype(np.int64)
        return Bags(np.concatenate(ids), np.concatenate(counts).astype(np.float32), starts)

    def embed(self, texts: Sequence[str]) -> Floats:
        """Rows of unit length; a text without a known token gives a zero row."""
        bags = self.bags(texts)
        out = np.zeros((len(texts), self.rows.shape[1]), dtype=np.float32)
        for start in range(0, len(texts), 1_000):
            which = np.arange(start, min(start + 1_000, len(texts)))
            used, counts = bags.matrix(which)
            out[which] = counts @ self.rows[used]
        return unit(out)

    def with_words(self, words: Sequence[str], *, without: frozenset[str] = frozenset()) -> "Student":
        """Whole words added, each starting as the sum of its pieces: no text's vector changes; some tokens left out."""
        encoded = self._tokenizer.encode_batch_fast(list(words), add_special_tokens=False)
        sums = [self.rows[encoding.ids].sum(axis=0) for encoding in encoded]
        keep = [at for at, token in enumerate(self.vocabulary) if token not in without]
        return Student(
            [*(self.vocabulary[at] for at in keep), *words], np.concatenate([self.rows[keep], np.stack(sums)])
        )


def _tokenizer(vocabulary: Sequence[str]) -> Tokenizer:
    table = {token: number for number, token in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.WordPiece(table, unk_token=_UNKNOWN, max_input_chars_per_word=100))  # pyright: ignore[reportCallIssue]  # the stub lacks the keywords
    setattr(tokenizer, "normalizer", normalizers.BertNormalizer(lowercase=True))  # noqa: B010 - read-only in the stubs
    setattr(tokenizer, "pre_tokenizer", pre_tokenizers.BertPreTokenizer())  # noqa: B010 - as above
    return tokenizer


def words_of(text: str) -> list[str]:
    """Lower-case words of letters and digits, as the tokenizer sees them."""
    return re.findall(r"[a-z0-9]+", text.lower())


def unit(rows: Floats) -> Floats:
    """Rows of unit length; zero rows stay zero."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(norms > 0, norms, 1.0), dtype=np.float32)


def _softmax(scores: Floats) -> Floats:
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=np.float32)


def align(teacher: Floats, student: Floats) -> Floats:
    """The map, shape ``(teacher, student)``, to the student's space: principal axes, then the best rotation."""
    size = student.shape[1]
    axes = np.linalg.eigh(teacher.T @ teacher)[1][:, ::-1][:, :size]
    left, _, right = np.linalg.svd((teacher @ axes).T @ student)
    return np.asarray(axes @ left @ right, dtype=np.float32)


def gradients(vectors: Floats, targets: Floats, recipe: Recipe) -> tuple[float, Floats]:
    """Loss and its gradient by the unit vectors of a batch: queries first, then their passages.

    The contrastive part (InfoNCE with in-batch negatives, both ways) aims at a mix of the pair itself and of the
    teacher's similarities, so that a passage that answers too is no plain negative. The other part is the cosine to
    the teacher's own vector.
    """
    half = len(vectors) // 2
    queries, found = vectors[:half], vectors[half:]
    scores = queries @ found.T / recipe.temperature
    taught = targets[:half] @ targets[half:].T / recipe.teacher_temperature
    by_scores = np.zeros_like(scores)
    loss = 0.0
    for mine, theirs, out in ((scores, taught, by_scores), (scores.T, taught.T, by_scores.T)):
        chance = _softmax(mine)
        wanted = recipe.soft * _softmax(theirs)
        wanted[np.diag_indices(half)] += 1 - recipe.soft
        loss -= float((wanted * np.log(chance + 1e-9)).sum()) / half / 2
        out += (chance - wanted) / half / 2
    by_scores /= recipe.temperature
    slope = np.concatenate([by_scores @ found, by_scores.T @ queries]) - recipe.match / len(vectors) * targets
    apart = float(1 - (vectors * targets).sum(axis=1).mean())
    return loss + recipe.match * apart, slope.astype(np.float32, copy=False)


class Optimiser:
    """Adam on the rows that a batch touches, with a pull back to where they started."""

    def __init__(self, rows: Floats, recipe: Recipe) -> None:
        """Changes ``rows`` in place."""
        self._rows, self._base, self._pull = rows, rows.copy(), recipe.pull
        self._mean, self._square = np.zeros_like(rows), np.zeros_like(rows)
        self._steps = np.zeros(len(rows), dtype=np.int64)

    def step(self, used: Whole, gradient: Floats, *, rate: float, share: float) -> None:
        """One step on the rows ``used``; ``share`` is the part of the full learning rate, which scales the pull."""
        self._steps[used] += 1
        count = self._steps[used][:, None].astype(np.float32)
        mean = self._mean[used] = 0.9 * self._mean[used] + 0.1 * gradient
        square = self._square[used] = 0.999 * self._square[used] + 0.001 * gradient * gradient
        moved = (mean / (1 - 0.9**count)) / (np.sqrt(square / (1 - 0.999**count)) + 1e-8)
        now = self._rows[used]
        self._rows[used] = now - rate * share * moved - self._pull * share * (now - self._base[used])


def train(
    student: Student, queries: Bags, found: Bags, taught: tuple[Floats, Floats], recipe: Recipe, *, seed: int
) -> list[float]:
    """Train in place on pairs (text ``n`` of each); ``taught`` are the teacher's vectors of both, in the same space.

    Returns the mean loss of each epoch. The learning rate rises over the first twentieth and falls to zero in a line.
    """
    draw = np.random.default_rng(seed)
    optimiser = Optimiser(student.rows, recipe)
    total, at = recipe.epochs * (len(taught[0]) // recipe.batch), 0
    losses: list[float] = []
    for _ in range(recipe.epochs):
        order = draw.permutation(len(taught[0]))
        held: list[float] = []
        for start in range(0, len(order) - recipe.batch + 1, recipe.batch):
            which = order[start : start + recipe.batch]
            share = min((at + 1) / (0.05 * total), 1 - at / total)
            (ids, counts), (other, others) = queries.matrix(which), found.matrix(which)
            used = np.union1d(ids, other)
            bag = np.zeros((2 * recipe.batch, len(used)), dtype=np.float32)
            bag[: recipe.batch, np.searchsorted(used, ids)] = counts
            bag[recipe.batch :, np.searchsorted(used, other)] = others
            sums = bag @ student.rows[used]
            norms = np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-6)
            vectors = sums / norms
            loss, slope = gradients(vectors, np.concatenate([taught[0][which], taught[1][which]]), recipe)
            slope = (slope - vectors * (slope * vectors).sum(axis=1, keepdims=True)) / norms
            optimiser.step(used, bag.T @ slope, rate=recipe.rate, share=share)
            held.append(loss)
            at += 1
        losses.append(float(np.mean(held)))
    return losses
