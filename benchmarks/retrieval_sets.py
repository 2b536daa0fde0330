"""Questions with known passages, for fitting and measuring retrieval. Nothing of them is kept in the package.

Two public sets from the shared data folder (``--data`` or ``COREAGENT_DATA``): ``mm_telcobench``, the name of a 3GPP
entity to the passage that defines it; ``rag_corpora``, a heading of open-source telecom documentation to the text below
it, heading lines left out of the index. And ``primer``, questions written for this purpose
(``fusion_questions.toml``) to an article of the bundled primer.
"""

import csv
import gzip
import io
import json
import os
import random
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from coreagent.knowledge.documents.document import Grammar
from coreagent.knowledge.embedding.static_embedder import StaticEmbedder
from coreagent.knowledge.glossary import bundled_glossary
from coreagent.knowledge.index.lexical import Entry, LexicalIndex
from coreagent.knowledge.index.terms import terms
from coreagent.knowledge.ingest.prepare import read_document
from coreagent.knowledge.primer_store import ARTICLES
from coreagent.knowledge.search.fusion import Candidates
from coreagent.knowledge.structure.chunking import chunk

POOL = 64
QUESTIONS = Path(__file__).with_name("fusion_questions.toml")
_FORMATS: dict[str, Grammar] = {".md": "markdown", ".rst": "rst"}


@dataclass(frozen=True, slots=True)
class Query:
    """A question and the numbers of the entries that answer it; none for an off-topic question."""

    text: str
    gold: frozenset[int]


@dataclass(frozen=True, slots=True)
class QuerySet:
    """Entries to search and queries over them, half of which are for fitting."""

    name: str
    entries: Sequence[Entry]
    fit: Sequence[Query]
    check: Sequence[Query]


@dataclass(frozen=True, slots=True)
class Pool:
    """What both searches proposed for a query, and which of it is gold."""

    found: Candidates
    gold: NDArray[np.bool_]
    missed: bool


def data_folder(chosen: Path | None) -> Path:
    """The folder from the option or ``COREAGENT_DATA``; ends the program with a hint when there is none."""
    named = chosen or (Path(os.environ["COREAGENT_DATA"]) if "COREAGENT_DATA" in os.environ else None)
    if named is None or not named.is_dir():
        sys.exit("give the data folder: --data DIR, or COREAGENT_DATA")
    return named


def _halves(name: str, entries: Sequence[Entry], queries: list[Query]) -> QuerySet:
    random.Random(7).shuffle(queries)
    middle = len(queries) // 2
    return QuerySet(name, entries, queries[:middle], queries[middle:])


def entity_set(data: Path) -> QuerySet:
    """Entity names with their full forms, asked in three ways, to the 3GPP passage that defines them."""
    text = gzip.decompress((data / "mm_telcobench" / "clean_1000_entities.csv.gz").read_bytes()).decode("utf-8")
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["context"].strip()]
    entries: list[Entry] = []
    passages: dict[str, set[int]] = {}
    gold: dict[str, set[int]] = {}
    for row in rows:
        if row["context"] not in passages:
            parts = [Entry(len(entries) + at, "", "", p.text) for at, p in enumerate(chunk(row["context"], "text"))]
            entries += parts
            passages[row["context"]] = {part.id for part in parts}
        gold.setdefault(" ".join((row["name"], row["full_form"])), set()).update(passages[row["context"]])
    forms = ("What is {}?", "{}", "Explain the role of {} in the network")
    queries = [Query(forms[at % 3].format(name), frozenset(g)) for at, (name, g) in enumerate(sorted(gold.items()))]
    return _halves("entities", entries, queries)


def documentation(data: Path) -> list[dict[str, str]]:
    """The open-source documentation: path, text, source and licence of each document."""
    lines = gzip.decompress((data / "rag_corpora" / "docs.jsonl.gz").read_bytes()).decode("utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


def heading_set(data: Path, *, limit: int = 1_500) -> QuerySet:
    """Headings to the first chunk below them; neither titles nor heading lines are indexed."""
    entries: list[Entry] = []
    asked: dict[str, set[int]] = {}
    for row in documentation(data):
        format_ = _FORMATS.get(Path(row["path"]).suffix)
        if format_ is None:
            continue
        for part in chunk(row["text"], format_):
            leaf = part.section.rsplit(" > ", 1)[-1]
            body = part.text.replace(leaf, " ", 1) if leaf else part.text
            if len(body) < 120:
                continue
            entries.append(Entry(len(entries), "", "", body))
            root = part.section.split(" > ", 1)[0]
            name = leaf if leaf == root else f"{root}: {leaf}"
            if len(set(terms(name))) >= 3:
                asked.setdefault(name, set()).add(len(entries) - 1)
    queries = [Query(name, frozenset(gold)) for name, gold in sorted(asked.items()) if len(gold) <= 2]
    return _halves("headings", entries, random.Random(7).sample(queries, min(limit, len(queries))))


def primer_set() -> QuerySet:
    """Own questions to any chunk of the article that answers them; questions to missing articles are left out."""
    entries: list[Entry] = []
    articles: dict[str, set[int]] = {}
    for path in sorted(ARTICLES.glob("*.md")):
        document = read_document(path)
        title = " ".join((document.title, *document.aliases))
        for part in chunk(document.text, document.grammar, body_start=document.body_start):
            articles.setdefault(path.stem, set()).add(len(entries))
            entries.append(Entry(len(entries), title, part.section, part.text))
    asked = tomllib.loads(QUESTIONS.read_text(encoding="utf-8"))["telecom"]
    queries = [Query(q["question"], frozenset(articles[q["article"]])) for q in asked if q["article"] in articles]
    return _halves("primer", entries, queries)


def off_topic() -> tuple[list[str], list[str]]:
    """Questions without an answer in any of the sets, in two halves."""
    questions: list[str] = list(tomllib.loads(QUESTIONS.read_text(encoding="utf-8"))["off_topic"])
    return questions[::2], questions[1::2]


class Searcher:
    """Both searches over a set of entries, as the library does them."""

    def __init__(self, entries: Sequence[Entry], embedder: StaticEmbedder, *, expansion_weight: float = 0.3) -> None:
        """Index the entries."""
        self._embedder, self._expansion_weight = embedder, expansion_weight
        self._lexical = LexicalIndex.build(entries)
        named = [f"{entry.title}. {entry.body}" if entry.title else entry.body for entry in entries]
        self._vectors = embedder.embed(named)

    def pool(self, query: Query) -> Pool:
        """The union of the best of each search."""
        weighted = [(term, 1.0) for term in terms(query.text)]
        if self._expansion_weight:
            for expansion in bundled_glossary().expand(query.text):
                weighted += [(term, self._expansion_weight) for term in terms(expansion)]
        scores = self._lexical.score(weighted)
        cosines = self._vectors @ self._embedder.embed([query.text])[0]
        by_words = np.argsort(-scores.bm25, kind="stable")[:POOL]
        by_words = by_words[scores.bm25[by_words] > 0]
        at = np.union1d(by_words, np.argsort(-cosines, kind="stable")[:POOL])
        gold = np.isin(at, list(query.gold))
        found = Candidates(at.astype(np.int64), scores.bm25[at], scores.share[at], scores.coverage[at], cosines[at])
        return Pool(found, gold, not gold.any())
