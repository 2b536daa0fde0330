"""Pack a Model2Vec folder into the small form the package ships.

    python benchmarks/pack_embedder.py --model DIR [--out knowledge/embedding/bundled]

Writes ``weights.npz`` (int8 rows, one float16 scale a row), ``vocab.txt`` (one WordPiece token a line, in id order),
``model.json`` (name, dimensions, digest) and ``NOTICE.md``. Prints the size and the cosine of the packed model to the
float one over the paragraphs of the bundled primer. Needs a WordPiece tokenizer with the BERT normaliser.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from model2vec import StaticModel
from numpy.typing import NDArray

from coreagent.knowledge.embedding.static_embedder import StaticEmbedder

ROOT = Path(__file__).resolve().parents[1]
LIMIT_BYTES = 8_000_000

NOTICE = """# The bundled embedding model

`weights.npz` and `vocab.txt` hold a static (bag-of-tokens) embedding model: {rows:,} WordPiece tokens x {dimensions}
dimensions, int8 with one float16 scale a row. It was distilled with Model2Vec (MIT licence, Minish Lab) from
`sentence-transformers/all-MiniLM-L6-v2`, which is licensed under the Apache License 2.0; this derived model is
distributed under the same licence (see LICENSE at the top of the repository). Changes made: distillation to one vector
a token, reduction to {dimensions} dimensions, int8 quantisation.

- sha256 of the packed weights and vocabulary: `{digest}`
- sha256 of the float model they were made from: `{source}`
- made by `python benchmarks/pack_embedder.py --model DIR`; mean cosine to the float model {cosine:.4f} on the
  paragraphs of the bundled primer
"""


def quantise(rows: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Symmetric int8 with one scale a row, so that ``rows = packed * scale``; a zero row keeps scale 0."""
    scale = (np.abs(rows).max(axis=1) / 127.0).astype(np.float16)
    safe = np.where(scale > 0, scale.astype(np.float32), 1.0)
    packed = np.clip(np.rint(rows / safe[:, None]), -127, 127).astype(np.int8)
    return packed, scale


def samples() -> list[str]:
    """Paragraphs of the bundled primer."""
    files = sorted((ROOT / "knowledge" / "primer").glob("*.md"))
    return [part for file in files for part in file.read_text(encoding="utf-8").split("\n\n") if len(part) > 40]


def main(arguments: list[str] | None = None) -> int:
    """Pack, check, report; exit 1 when the result is too big or too far from the float model."""
    parser = argparse.ArgumentParser(description="Pack a Model2Vec folder for the package.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=ROOT / "knowledge" / "embedder")
    chosen = parser.parse_args(arguments)
    out: Path = chosen.out
    model = StaticModel.from_pretrained(chosen.model)
    tokenizer = json.loads((chosen.model / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary: dict[str, int] = tokenizer["model"]["vocab"]
    tokens = sorted(vocabulary, key=lambda token: vocabulary[token])
    if tokenizer["model"]["type"] != "WordPiece" or any("\n" in token for token in tokens):
        print("only a WordPiece vocabulary without line ends can be packed", file=sys.stderr)
        return 1
    packed, scale = quantise(np.asarray(model.embedding, dtype=np.float32))
    out.mkdir(parents=True, exist_ok=True)
    np.savez(out / "weights.npz", rows=packed, scale=scale)
    # newline="\n" so that the digest is the same on every platform.
    (out / "vocab.txt").write_text("\n".join(tokens) + "\n", encoding="utf-8", newline="\n")
    digest = hashlib.sha256(packed.tobytes() + scale.tobytes() + (out / "vocab.txt").read_bytes()).hexdigest()
    identity = {"name": "minilm-static-256", "dimensions": int(packed.shape[1]), "digest": digest}
    (out / "model.json").write_text(json.dumps(identity, indent=1) + "\n", encoding="utf-8")
    texts = samples()
    float_vectors = np.asarray(model.encode(texts, max_length=None, normalize=True), dtype=np.float32)
    cosine = np.sum(float_vectors * StaticEmbedder.load(out).embed(texts), axis=1)
    source = hashlib.sha256((chosen.model / "model.safetensors").read_bytes()).hexdigest()
    (out / "NOTICE.md").write_text(
        NOTICE.format(
            rows=packed.shape[0],
            dimensions=packed.shape[1],
            digest=digest,
            source=source,
            cosine=float(cosine.mean()),
        ),
        encoding="utf-8",
    )
    size = sum(file.stat().st_size for file in out.iterdir() if file.is_file())
    print(f"{size:,} bytes; cosine to the float model: mean {cosine.mean():.5f}, least {cosine.min():.5f}")
    return 0 if size <= LIMIT_BYTES and cosine.mean() > 0.99 else 1


if __name__ == "__main__":
    raise SystemExit(main())
