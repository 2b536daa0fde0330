"""A sentence transformer run with numpy alone: the teacher of the bundled embedder.

Reads the folder of a BERT sentence model with mean pooling (``model.safetensors``, ``tokenizer.json``), such as
all-MiniLM-L6-v2. Vectors can be kept in a file, so that a second run costs nothing. About 30 paragraphs a second on a
core; with several, set ``OPENBLAS_NUM_THREADS=1`` all the same when others use the machine.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file  # pyright: ignore[reportUnknownVariableType]  # its PathLike has no parameter
from tokenizers import Tokenizer

Floats = NDArray[np.float32]
_HEADS = 12
_BATCH_TOKENS = 2_048
_GELU_ROWS = 32
_SAVED_TEXTS = 2_000


class Teacher:
    """Embeds texts as the sentence model does: at most ``max_tokens`` tokens each, rows of unit length."""

    def __init__(self, folder: Path, *, max_tokens: int = 160, cache: Path | None = None) -> None:
        """Read the weights; ``cache`` is an npz file for vectors already computed."""
        self._w: dict[str, Floats] = load_file(folder / "model.safetensors")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)  # pyright: ignore[reportUnknownMemberType]  # untyped keywords
        self._layers = 1 + max(int(name.split(".")[2]) for name in self._w if name.startswith("encoder.layer."))
        self.width = self._w["embeddings.LayerNorm.bias"].shape[0]
        self._cache = cache
        self._salt = f"{hashlib.sha256((folder / 'model.safetensors').read_bytes()).hexdigest()} {max_tokens}\n"

    def embed(self, texts: Sequence[str]) -> Floats:
        """Rows of unit length, shape ``(len(texts), hidden size)``; each text is computed once."""
        known = self._kept()
        keys = [hashlib.sha256((self._salt + text).encode("utf-8", "replace")).hexdigest()[:32] for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        for start in range(0, len(missing), _SAVED_TEXTS):
            some = list(missing)[start : start + _SAVED_TEXTS]
            known.update(zip(some, self._compute([missing[key] for key in some]), strict=True))
            self._keep(known)
        return np.stack([known[key] for key in keys]) if keys else np.zeros((0, self.width), dtype=np.float32)

    def _kept(self) -> dict[str, Floats]:
        if self._cache is None or not self._cache.exists():
            return {}
        with np.load(self._cache, allow_pickle=False) as archive:
            return dict(zip(archive["keys"].tolist(), archive["vectors"], strict=True))

    def _keep(self, known: dict[str, Floats]) -> None:
        if self._cache is not None:
            self._cache.parent.mkdir(parents=True, exist_ok=True)
            partial = self._cache.with_suffix(".partial.npz")
            np.savez(partial, keys=np.array(list(known)), vectors=np.stack(list(known.values())))
            partial.replace(self._cache)

    def _compute(self, texts: Sequence[str]) -> Floats:
        encodings = self._tokenizer.encode_batch([t.encode("utf-8", "replace").decode("utf-8") for t in texts])
        ids = [e.ids for e in encodings]
        order = sorted(range(len(ids)), key=lambda at: len(ids[at]))
        out = np.zeros((len(ids), self.width), dtype=np.float32)
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
        return np.asarray(pooled / np.linalg.norm(pooled, axis=1, keepdims=True), dtype=np.float32)

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
        return np.asarray(centred / spread * self._w[name + ".weight"] + self._w[name + ".bias"], dtype=np.float32)


def _gelu(x: Floats) -> Floats:
    """In place, a few rows at a time so that they stay in the cache; the tanh form, within 0.001 of the exact one."""
    flat = x.reshape(-1, x.shape[-1])
    for start in range(0, len(flat), _GELU_ROWS):
        part = flat[start : start + _GELU_ROWS]
        inner = part * part * part
        inner *= np.float32(0.044715)
        inner += part
        inner *= np.float32(0.7978845608)
        np.tanh(inner, out=inner)
        inner += 1
        inner *= np.float32(0.5)
        part *= inner
    return x
