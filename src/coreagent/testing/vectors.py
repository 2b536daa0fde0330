"""What the local endpoint answers to an embedding or re-ranking request: from hashed words, always the same."""

import base64
import re
from typing import Any

from coreagent.testing.hash_embedder import HashEmbedder

DIMENSIONS = 64


def embeddings_body(body: dict[str, Any]) -> dict[str, Any]:
    """The JSON for ``input``, with vectors of :class:`HashEmbedder`; ``dimensions`` and base64 as asked for.

    A text without words has an arbitrary vector, as with a real model.
    """
    listed = body["input"]
    texts = [listed] if isinstance(listed, str) else list(listed)
    size = int(body.get("dimensions") or DIMENSIONS)
    rows = HashEmbedder(size).embed([text if re.search(r"\w", text) else "nothing" for text in texts])
    in_base64 = body.get("encoding_format") == "base64"
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": base64.b64encode(row.astype("<f4").tobytes()).decode() if in_base64 else row.tolist(),
        }
        for index, row in enumerate(rows)
    ]
    used = {"prompt_tokens": sum(map(len, texts)), "total_tokens": sum(map(len, texts))}
    return {"object": "list", "data": data, "model": str(body.get("model", "")), "usage": used}


def rerank_body(body: dict[str, Any]) -> Any:
    """The JSON for ``documents``, or for ``texts`` in text-embeddings-inference's own form, best first.

    A score in 0..1 is the share of the query's words that the text holds.
    """
    native = "texts" in body
    asked = _words(str(body["query"]))
    texts = body["texts"] if native else body["documents"]
    scores = [len(asked & _words(text)) / max(1, len(asked)) for text in texts]
    ranked = sorted(range(len(scores)), key=lambda number: (-scores[number], number))
    if native:
        return [{"index": number, "score": scores[number]} for number in ranked]
    kept = ranked[: body.get("top_n") or len(ranked)]
    return {"results": [{"index": number, "relevance_score": scores[number]} for number in kept]}


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))
