"""Questions with known passages, for fitting and measuring retrieval, and the corpora to search for them.

Public sets from the shared data folder (``--data`` or ``COREAGENT_DATA``), of which nothing is kept in the package:
``entities``, the name of a 3GPP entity to the passage that defines it; ``teleqna``, an exam question to the explanation
of its answer (evaluation only); ``headings``, a heading of open-source telecom documentation to the text below it,
titles and heading lines left out of the corpus. And questions written for this purpose: ``sections`` over the same
documentation (``section_questions_*.toml``), ``primer`` over the bundled articles (``fusion_questions.toml``), and
off-topic ones.
"""

import csv
import gzip
import hashlib
import io
import json
import os
import random
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coreagent.knowledge.documents.document import Document, Grammar
from coreagent.knowledge.documents.front_matter import Meta, split_front_matter, texts
from coreagent.knowledge.index.dense import ExactIndex
from coreagent.knowledge.index.terms import terms
from coreagent.knowledge.ingest.prepare import prepare, read_document
from coreagent.knowledge.primer_store import ARTICLES
from coreagent.knowledge.search.corpus_index import CorpusIndex, open_index
from coreagent.knowledge.store.store import Store
from coreagent.knowledge.structure.chunking import chunk, first_heading
from coreagent.labels import Sensitivity
from coreagent.models.embedding import Embedder

HERE = Path(__file__).parent
QUESTIONS = HERE / "fusion_questions.toml"
_GRAMMARS: dict[str, Grammar] = {".md": "markdown", ".rst": "rst", ".txt": "text"}
_BATCH = 200

Place = tuple[str, str | None]
"""A document's path and a section of it; None for any section."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the places that answer it; none for an off-topic question."""

    text: str
    gold: frozenset[Place] = frozenset()

    def answered_by(self, path: str, section: str) -> bool:
        """True when the passage lies in one of the right places."""
        return (path, section) in self.gold or (path, None) in self.gold


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Documents to search and questions to them; ``fit`` may be fitted on, ``check`` is for measuring."""

    name: str
    documents: Sequence[Document]
    fit: Sequence[Asked]
    check: Sequence[Asked]


@dataclass(frozen=True, slots=True)
class Corpus:
    """A question set's documents in memory, indexed as the library does it."""

    store: Store
    index: CorpusIndex


def data_folder(chosen: Path | None) -> Path:
    """The folder from the option or ``COREAGENT_DATA``; ends the program with a hint when there is none."""
    named = chosen or (Path(os.environ["COREAGENT_DATA"]) if "COREAGENT_DATA" in os.environ else None)
    if named is None or not named.is_dir():
        sys.exit("give the data folder: --data DIR, or COREAGENT_DATA")
    return named


def corpus_of(documents: Sequence[Document], embedder: Embedder) -> Corpus:
    """Cut, embed and index the documents."""
    store = Store.open(None)
    corpus = store.create("benchmark", label=Sensitivity.PUBLIC, embedder=embedder.identity)
    for at in range(0, len(documents), _BATCH):
        batch = [prepare(document) for document in documents[at : at + _BATCH]]
        passages = [f"{one.document.title}. {c.context} {c.text}" for one in batch for c in one.chunks]
        vectors = embedder.embed(passages)
        ends = [0]
        for one in batch:
            ends.append(ends[-1] + len(one.chunks))
        store.put_many(corpus, [(one, vectors[a:b]) for one, a, b in zip(batch, ends, ends[1:], strict=False)])
    return Corpus(store, open_index(store, store.corpus("benchmark"), dense=ExactIndex.open))


def _document(path: str, text: str, grammar: Grammar, *, title: str = "", body_start: int = 0) -> Document:
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    return Document(
        path=path,
        name=path,
        title=title,
        text=text,
        format=grammar,
        grammar=grammar,
        sha256=digest,
        body_start=body_start,
    )


def _halves(name: str, documents: Sequence[Document], asked: list[Asked]) -> QuestionSet:
    random.Random(7).shuffle(asked)
    middle = len(asked) // 2
    return QuestionSet(name, documents, asked[:middle], asked[middle:])


def entity_set(data: Path) -> QuestionSet:
    """Entity names with their full forms, asked in three ways, to the 3GPP passage that defines them."""
    text = gzip.decompress((data / "mm_telcobench" / "clean_1000_entities.csv.gz").read_bytes()).decode("utf-8")
    passages: dict[str, str] = {}
    gold: dict[str, set[Place]] = {}
    for row in csv.DictReader(io.StringIO(text)):
        if row["context"].strip():
            path = passages.setdefault(row["context"], f"{len(passages):04}.txt")
            gold.setdefault(" ".join((row["name"], row["full_form"])), set()).add((path, None))
    forms = ("What is {}?", "{}", "Explain the role of {} in the network")
    asked = [Asked(forms[at % 3].format(name), frozenset(g)) for at, (name, g) in enumerate(sorted(gold.items()))]
    return _halves("entities", [_document(path, body, "text") for body, path in passages.items()], asked)


def teleqna_set(data: Path) -> QuestionSet:
    """Exam questions to the explanations of their answers; nothing is fitted on them."""
    lines = gzip.decompress((data / "open_telco" / "lite" / "teleqna.jsonl.gz").read_bytes()).decode("utf-8")
    passages: dict[str, str] = {}
    asked: list[Asked] = []
    for row in map(json.loads, lines.splitlines()):
        if row["explaination"].strip():
            path = passages.setdefault(row["explaination"], f"{len(passages):04}.txt")
            asked.append(Asked(row["question"], frozenset({(path, None)})))
    return QuestionSet("teleqna", [_document(path, body, "text") for body, path in passages.items()], (), asked)


def documentation(data: Path) -> list[dict[str, str]]:
    """The open-source documentation: path, text, source and licence of each document."""
    lines = gzip.decompress((data / "rag_corpora" / "docs.jsonl.gz").read_bytes()).decode("utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


def _read(row: dict[str, str]) -> Document | None:
    """A row as the library reads it from a file; None for what is neither Markdown nor reStructuredText nor text."""
    grammar = _GRAMMARS.get(Path(row["path"]).suffix.lower())
    if grammar is None:
        return None
    meta: Meta = {}
    body_start = 0
    if grammar == "markdown":
        meta, body_start = split_front_matter(row["text"])
    heading = first_heading(row["text"], grammar, body_start=body_start)
    title = " ".join(texts(meta, "title")) or heading or Path(row["path"]).stem
    return _document(f"{row['source']}/{row['path']}", row["text"], grammar, title=title, body_start=body_start)


def section_set(data: Path) -> QuestionSet:
    """Own questions to the sections of the documentation that answer them; nothing is fitted on them."""
    documents = [one for one in map(_read, documentation(data)) if one is not None]
    asked: list[Asked] = []
    for path in sorted(HERE.glob("section_questions_*.toml")):
        for row in tomllib.loads(path.read_text(encoding="utf-8"))["question"]:
            places = [(row["source"], row["path"], row["section"]), *row.get("also", ())]
            asked.append(Asked(row["question"], frozenset((f"{a}/{b}", c) for a, b, c in places)))
    return QuestionSet("sections", documents, (), asked)


def heading_set(data: Path, *, limit: int = 1_500) -> QuestionSet:
    """Headings to the first chunk below them; neither titles nor heading lines stand in the corpus."""
    documents: list[Document] = []
    asked: dict[str, set[Place]] = {}
    for one in (row for row in map(_read, documentation(data)) if row is not None and row.grammar != "text"):
        for part in chunk(one.text, one.grammar, body_start=one.body_start):
            leaf = part.section.rsplit(" > ", 1)[-1]
            body = part.text.replace(leaf, " ", 1) if leaf else part.text
            if len(body) < 120:
                continue
            path = f"{len(documents):05}.txt"
            documents.append(_document(path, body, "text"))
            root = part.section.split(" > ", 1)[0]
            name = leaf if leaf == root else f"{root}: {leaf}"
            if len(set(terms(name))) >= 3:
                asked.setdefault(name, set()).add((path, None))
    questions = [Asked(name, frozenset(gold)) for name, gold in sorted(asked.items()) if len(gold) <= 2]
    return _halves("headings", documents, random.Random(7).sample(questions, min(limit, len(questions))))


def primer_set() -> QuestionSet:
    """Own questions to the article that answers them; questions to missing articles are left out."""
    documents = [read_document(path) for path in sorted(ARTICLES.glob("*.md"))]
    places: dict[str, Place] = {Path(one.name).stem: (one.path, None) for one in documents}
    asked = tomllib.loads(QUESTIONS.read_text(encoding="utf-8"))["telecom"]
    questions = [Asked(q["question"], frozenset({places[q["article"]]})) for q in asked if q["article"] in places]
    return _halves("primer", documents, questions)


def off_topic() -> tuple[list[Asked], list[Asked]]:
    """Questions without an answer in any of the sets: for fitting, and 200 others for the check."""
    fit: list[str] = tomllib.loads(QUESTIONS.read_text(encoding="utf-8"))["off_topic"]
    check = [
        question
        for path in sorted(HERE.glob("off_topic_questions_*.toml"))
        for question in tomllib.loads(path.read_text(encoding="utf-8"))["questions"]
    ]
    return [Asked(text) for text in fit], [Asked(text) for text in check]
