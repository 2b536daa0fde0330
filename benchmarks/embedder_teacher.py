"""A sentence transformer run with numpy alone: the teacher of the bundled embedder.

Reads the folder of a BERT sentence model with mean pooling (``model.safetensors``, ``tokenizer.json``), such as
all-MiniLM-L6-v2. Vectors are kept in a folder, one file a batch of texts, so that a second run costs nothing.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

Floats = NDArray[np.float32]
_HEADS = 12
_BATCH_TOKENS = 2_048
_CACHE_TEXTS = 2_000


class Teacher:
    """Embeds texts as the sentence model does: at most ``max_tokens`` tokens each, rows of unit length."""

    def __init__(self, folder: Path, *, max_tokens: int = 160, cache: Path | None = None) -> None:
        """Read the weights; ``cache`` is a folder for vectors already computed."""
        self._w: dict[str, Floats] = load_file(folder / "model.safetensors")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)
        self._layers = 1 + max(int(name.split(".")[2]) for name in self._w if name.startswith("encoder.layer."))
        self._cache = cache
        self._salt = f"{hashlib.sha256((folder / 'model.safetensors').read_bytes()).hexdigest()} {max_tokens}\n"

    def embed(self, texts: Sequence[str]) -> Floats:
        """Rows of unit length, shape ``(len(texts), hidden size)``."""
        parts: list[Floats] = []
        for start in range(0, len(texts), _CACHE_TEXTS):
            some = texts[start : start + _CACHE_TEXTS]
            key = hashlib.sha256((self._salt + "\0".join(some)).encode("utf-8", "replace")).hexdigest()
            file = self._cache / f"{key[:32]}.npy" if self._cache else None
            if file is not None and file.exists():
                parts.append(np.load(file))
                continue
            parts.append(self._compute(some))
            if file is not None:
                file.parent.mkdir(parents=True, exist_ok=True)
                np.save(file, parts[-1])
        return np.concatenate(parts) if parts else np.zeros((0, 384), dtype=np.float32)

    def _compute(self, texts: Sequence[str]) -> Floats:
        encodings = self._tokenizer.encode_batch([t.encode("utf-8", "replace").decode("utf-8") for t in texts])
        ids = [e.ids for e in encodings]
        order = sorted(range(len(ids)), key=lambda at: len(ids[at]))
        out = np.zeros((len(ids), self._w["embeddings.LayerNorm.bias"].shape[0]), dtype=np.float32)
        start = 0
        while start < len(order):
            # Sorted by length, so a batch has almost no padding: the last one that fits is the longest.
            stop = start + 1
            while stop < len(order) and (stop - start + 1) * len(ids[order[stop]]) <= _BATCH_TOKENS:
                stop += 1
            batch = order[start:stop]
            out[batch] = self._forward([ids[at] for at in batch])
            start = stop
        return out

    def _forward(self, batch: Sequence[Sequence[int]]) -> Floats:
        w, longest = self._w, max(map(len, batch))
        tokens = np.zeros((len(batch), longest), dtype=np.int64)
        mask = np.zeros((len(batch), longest), dtype=np.float32)
        for row, ids in enumerate(batch):
            tokens[row, : len(ids)] = ids
            mask[row, : len(ids)] = 1.0
        x = w["embeddings.word_embeddings.weight"][tokens]
        x = x + w["embeddings.position_embeddings.weight"][:longest] + w["embeddings.token_type_embeddings.weight"][0]
        x = self._norm(x, "embeddings.LayerNorm")
        blocked = ((1.0 - mask) * np.float32(-1e4))[:, None, None, :]
        for layer in range(self._layers):
            at = f"encoder.layer.{layer}."
            x = self._norm(x + self._attention(x, at, blocked), at + "attention.output.LayerNorm")
            inner = _gelu(self._linear(x, at + "intermediate.dense"))
            x = self._norm(x + self._linear(inner, at + "output.dense"), at + "output.LayerNorm")
        pooled = np.einsum("btd,bt->bd", x, mask) / mask.sum(axis=1, keepdims=True)
        return pooled / np.linalg.norm(pooled, axis=1, keepdims=True)

    def _attention(self, x: Floats, at: str, blocked: Floats) -> Floats:
        size, length, width = x.shape
        query, key, value = (
            self._linear(x, f"{at}attention.self.{name}")
            .reshape(size, length, _HEADS, width // _HEADS)
            .transpose(0, 2, 1, 3)
            for name in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(width // _HEADS)) + blocked
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        return self._linear((scores @ value).transpose(0, 2, 1, 3).reshape(x.shape), at + "attention.output.dense")

    def _linear(self, x: Floats, name: str) -> Floats:
        return (x.reshape(-1, x.shape[-1]) @ self._w[name + ".weight"].T + self._w[name + ".bias"]).reshape(
            *x.shape[:-1], -1
        )

    def _norm(self, x: Floats, name: str) -> Floats:
        centred = x - x.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + np.float32(1e-12))
        return centred / spread * self._w[name + ".weight"] + self._w[name + ".bias"]


def _gelu(x: Floats) -> Floats:
    """The tanh form; it differs from the exact one by less than 0.001."""
    return np.float32(0.5) * x * (1 + np.tanh(np.float32(0.7978845608) * (x + np.float32(0.044715) * x * x * x)))
