"""The embedder inside the package: a static model, one vector a token, averaged.

Distilled from all-MiniLM-L6-v2 and trained on text of the field (see ``bundled/NOTICE.md`` and ``bundled/TRAINING.md``;
made by ``benchmarks/train_embedder.py``). A text's vector is the mean of its tokens' rows, scaled
to unit length, so word order plays no part and a text of any length works. Only importer of tokenizers.
"""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from coreagent.errors import KnowledgeError
from coreagent.labels import Sensitivity
from coreagent.models.embedding import EmbedderIdentity

if TYPE_CHECKING:
    from tokenizers import Encoding

BUNDLED = Path(__file__).resolve().parent / "bundled"
_UNKNOWN = "[UNK]"
_PLAIN = re.compile(r"[\t\n\r -~]{1,10000}")
_WORD = re.compile(r"[a-z0-9]+|[^a-z0-9\s]")
"""A plain text, short and of printable ASCII, and its words once it is in small letters, as the tokenizer cuts them."""
_BATCH_CHARACTERS = 200_000
"""Texts are embedded in slices of about this size, which bounds the gathered rows to some 60 MB."""
_PIECE_CHARACTERS = 100_000
"""One long text is tokenised in pieces of this size; a token cut at the border changes the mean by nothing visible."""


class StaticEmbedder:
    """Embeds with int8 rows that stay int8 in memory; deterministic, about 10,000 short texts a second on a core."""

    def __init__(
        self,
        rows: NDArray[np.int8],
        scale: NDArray[np.float32],
        *,
        vocabulary: Sequence[str],
        identity: EmbedderIdentity,
    ) -> None:
        """Rows of shape ``(tokens, dimensions)``, one scale a row; ``vocabulary`` in the order of the rows."""
        self._rows, self._scale = rows, scale
        self._table = {token: number for number, token in enumerate(vocabulary)}
        self._unknown = self._table[_UNKNOWN]
        self._pieces = models.WordPiece(self._table, unk_token=_UNKNOWN, max_input_chars_per_word=100)  # pyright: ignore[reportCallIssue]  # the stub lacks the keywords
        self._tokenizer = Tokenizer(self._pieces)
        # Assigned through setattr: the stubs declare both attributes read-only, the library documents setting them.
        setattr(self._tokenizer, "normalizer", normalizers.BertNormalizer(lowercase=True))  # noqa: B010
        setattr(self._tokenizer, "pre_tokenizer", pre_tokenizers.BertPreTokenizer())  # noqa: B010
        self._identity = identity

    @classmethod
    def load(cls, folder: Path = BUNDLED) -> "StaticEmbedder":
        """Read a packed model; the bundled one by default.

        Raises:
            KnowledgeError: a file of the model is missing or damaged.
        """
        try:
            description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            vocabulary = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]
            with np.load(folder / "weights.npz", allow_pickle=False) as archive:
                rows: NDArray[np.int8] = archive["rows"]
                scale = archive["scale"].astype(np.float32)
            identity = EmbedderIdentity(
                str(description["name"]), int(description["dimensions"]), str(description["digest"])
            )
        except (OSError, ValueError, KeyError) as error:
            raise KnowledgeError(
                f"the embedding model in {folder} can not be read: {error}", mend="Install the package again."
            ) from error
        if rows.shape != (len(vocabulary), identity.dimensions) or scale.shape != (len(vocabulary),):
            raise KnowledgeError(
                f"the embedding model in {folder} does not fit its vocabulary", mend="Install the package again."
            )
        return cls(rows, scale, vocabulary=vocabulary, identity=identity)

    @property
    def identity(self) -> EmbedderIdentity:
        """Name, dimensions and the digest of the weights and vocabulary."""
        return self._identity

    @property
    def clearance(self) -> Sensitivity:
        """Anything: no text leaves the process."""
        return Sensitivity.CONFIDENTIAL

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Rows of unit length, shape ``(len(texts), dimensions)``; a text without a known token gives a zero row."""
        out = np.zeros((len(texts), self._identity.dimensions), dtype=np.float32)
        for numbers, pieces in _slices(texts):
            for number, encoding in zip(numbers, self._encode(pieces), strict=True):
                out[number] += self._sum(encoding.ids)
        norms = np.linalg.norm(out, axis=1, keepdims=True)
        out /= np.where(norms > 0, norms, 1.0)
        return out

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The same as for passages; a single plain one, as a decision mostly has it, in a fourth of the time."""
        if len(texts) != 1 or not _PLAIN.fullmatch(texts[0]):
            return self.embed(texts)
        row = self._sum(self._plain_tokens(texts[0]))
        length = np.sqrt(np.square(row).sum())
        return (row / length if length > 0 else row)[None, :]

    def _plain_tokens(self, text: str) -> list[int]:
        """What the tokenizer says of a plain text. Most words are in the vocabulary, so that nothing is to be cut."""
        tokens: list[int] = []
        for word in _WORD.findall(text.lower()):
            token = self._table.get(word)
            if token is not None:
                tokens.append(token)
            else:
                tokens += [piece.id for piece in self._pieces.tokenize(word)]
        return tokens

    def _sum(self, tokens: list[int]) -> NDArray[np.float32]:
        """The weighted sum of their rows, shape ``(dimensions,)``."""
        known = np.array(tokens, dtype=np.int64)
        known = known[known != self._unknown]
        # Weights times int8 rows: one product a text instead of a float copy of every gathered row.
        total: NDArray[np.float32] = self._scale[known] @ self._rows[known].astype(np.float32)
        return total

    def _encode(self, pieces: list[str]) -> "list[Encoding]":
        # Lone surrogates can not cross into the tokenizer, which wants UTF-8.
        clean = [piece.encode("utf-8", "replace").decode("utf-8") for piece in pieces]
        return self._tokenizer.encode_batch_fast(clean, add_special_tokens=False)


def _slices(texts: Sequence[str]) -> Iterator[tuple[list[int], list[str]]]:
    """Batches of (text number, piece of that text)."""
    numbers: list[int] = []
    pieces: list[str] = []
    held = 0
    for number, text in enumerate(texts):
        for start in range(0, len(text), _PIECE_CHARACTERS):
            pieces.append(text[start : start + _PIECE_CHARACTERS])
            numbers.append(number)
            held += len(pieces[-1])
            if held >= _BATCH_CHARACTERS:
                yield numbers, pieces
                numbers, pieces, held = [], [], 0
    if pieces:
        yield numbers, pieces
