"""What is in a corpus: how much, of what kind, how often the same, and how large on the disk."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from coreagent.knowledge.store.figures import CorpusStats
from coreagent.knowledge.store.rows import CorpusRow
from coreagent.knowledge.store.store import Store
from coreagent.knowledge.structure.signature import matrix, near_duplicates
from coreagent.labels import Sensitivity
from coreagent.models.embedding import EmbedderIdentity

ALIKE = 0.9
"""Share of runs of five words from which on two documents count as near-duplicates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """A corpus in figures.

    ``chunk_p50`` and ``chunk_p95`` are characters. ``specifications`` count documents by standard ("TS 38.331"), the
    most frequent first. ``near_duplicates`` are groups of slugs, the largest first. ``text_bytes`` and ``vector_bytes``
    are this corpus' own, without its indexes; ``disk_bytes`` is the folder of all corpora, which share a database.
    """

    name: str
    label: Sensitivity
    created: str
    embedder: EmbedderIdentity
    stats: CorpusStats
    chunk_p50: float
    chunk_p95: float
    specifications: dict[str, int]
    near_duplicates: tuple[tuple[str, ...], ...]
    text_bytes: int
    vector_bytes: int
    disk_bytes: int


def take_inventory(store: Store, corpus: CorpusRow, *, folder: Path) -> Inventory:
    """Count; the text of every chunk is read once. ``folder`` is where the corpora lie.

    Raises:
        KnowledgeError: the store can not be read.
    """
    documents = store.documents(corpus)
    sizes: list[int] = []
    text_bytes = 0
    for row in store.chunk_rows(corpus):
        sizes.append(len(row.text))
        text_bytes += len(row.text.encode("utf-8", "surrogatepass"))
    p50, p95 = (float(value) for value in np.quantile(sizes, [0.5, 0.95])) if sizes else (0.0, 0.0)
    numbers = Counter(row.specification.number for row in documents if row.specification.number)
    signed = [row for row in documents if row.signature]
    return Inventory(
        name=corpus.name,
        label=corpus.label,
        created=corpus.created,
        embedder=corpus.embedder,
        stats=store.stats(corpus),
        chunk_p50=p50,
        chunk_p95=p95,
        specifications=dict(numbers.most_common()),
        near_duplicates=_groups([row.slug for row in signed], [row.signature for row in signed]),
        text_bytes=text_bytes,
        vector_bytes=4 * corpus.embedder.dimensions * len(sizes),
        disk_bytes=sum(_bytes(path) for path in folder.rglob("*")),
    )


def _groups(slugs: list[str], signatures: list[bytes]) -> tuple[tuple[str, ...], ...]:
    """Documents linked by pairs that are alike."""
    first = list(range(len(slugs)))

    def root(at: int) -> int:
        while first[at] != at:
            first[at] = at = first[first[at]]
        return at

    for one, other in near_duplicates(matrix(signatures), threshold=ALIKE) if signatures else ():
        low, high = sorted((root(one), root(other)))
        first[high] = low
    members: dict[int, list[str]] = {}
    for at, slug in enumerate(slugs):
        members.setdefault(root(at), []).append(slug)
    found = (tuple(group) for group in members.values() if len(group) > 1)
    return tuple(sorted(found, key=lambda group: (-len(group), group)))


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0  # Gone meanwhile: a write-ahead log comes and goes.
