"""Where the passages that a question file names stand in the corpora, and whether a hit shows one of them."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from coreagent.evals.retrieval.questions import Gold
from coreagent.knowledge.reports import DocumentInfo
from coreagent.knowledge.retrieval import Hit
from coreagent.knowledge.store.rows import ChunkRow

COPY = 0.8
"""Share of words (Jaccard) from which on two passages are copies, of which a search shows one."""
OVERLAP = 0.5
"""Share of its runs of three words that the shorter of two texts has in common with the other, to be the same text."""
_RUN = 3
_TOKEN = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]|[^\\W_\u3040-\uffff]+")
_NOT_WORD = re.compile(r"[\W_]+")

DocumentKey = tuple[str, str]
"""Corpus and slug."""
Run = tuple[str, ...]


class Shelf(Protocol):
    """What holds the corpora; the library does."""

    def show(self, name: str, document: str | None = None) -> tuple[DocumentInfo, ...]:
        """The documents of a corpus."""
        ...

    def passages(self, name: str) -> Iterator[ChunkRow]:
        """The passages of a corpus."""
        ...


@dataclass(slots=True)
class Target:
    """Where one gold stands: whole ``documents``, or ``spans`` of characters in them with the ``words`` of each span.

    ``named`` counts the documents that fit its name, with the passage or without.
    """

    gold: Gold
    named: int = 0
    documents: set[DocumentKey] = field(default_factory=set[DocumentKey])
    spans: dict[DocumentKey, list[tuple[int, int]]] = field(default_factory=dict[DocumentKey, list[tuple[int, int]]])
    words: list[frozenset[str]] = field(default_factory=list[frozenset[str]])

    @property
    def is_present(self) -> bool:
        """True when the corpora hold it."""
        return bool(self.documents or self.spans)

    def shown_by(self, hit: Hit) -> bool:
        """Whether the hit is in the document, shows at least half of a gold passage, or is a copy of one."""
        where = hit.evidence.citation
        slug = hit.evidence.id.removeprefix(f"{where.corpus}:").rpartition("#")[0]
        if (where.corpus, slug) in self.documents:
            return True
        for start, end in self.spans.get((where.corpus, slug), ()):
            if 2 * (min(end, where.end) - max(start, where.start)) >= max(1, end - start):
                return True
        if not self.words:
            return False
        own = frozenset(tokens(hit.evidence.text))
        return any(len(own & words) >= COPY * len(own | words) for words in self.words if words)


def tokens(text: str) -> list[str]:
    """Words in lower case, without marks; each Chinese, Japanese or Korean character is one."""
    return _TOKEN.findall(text.casefold())


def locate(golds: Iterable[Gold], shelf: Shelf, corpora: Sequence[str]) -> dict[Gold, Target]:
    """Find each gold in one pass over the passages.

    Raises:
        KnowledgeError: a corpus can not be read.
    """
    targets = {gold: Target(gold) for gold in golds}
    found = _Documents()
    for corpus in corpora:
        for info in shelf.show(corpus):
            found.add(corpus, info)
    allowed: dict[Gold, frozenset[DocumentKey] | None] = {}
    for gold, target in targets.items():
        keys = found.named(gold) if gold.names_document else None
        target.named = len(keys) if keys is not None else 0
        if gold.is_whole_document:
            target.documents.update(keys or ())
        else:
            allowed[gold] = keys
    index = _GoldIndex(allowed)
    for corpus in corpora if allowed else ():
        for row in shelf.passages(corpus):
            for gold in index.matches(corpus, row):
                targets[gold].spans.setdefault((corpus, row.slug), []).append((row.start, row.end))
                targets[gold].words.append(frozenset(tokens(row.text)))
    return targets


class _Documents:
    """Documents by what they are called."""

    def __init__(self) -> None:
        self._names: dict[str, set[DocumentKey]] = {}
        self._paths: dict[DocumentKey, str] = {}
        self._flat: dict[DocumentKey, str] = {}
        self._cache: dict[tuple[str, str, str, str], frozenset[DocumentKey]] = {}

    def add(self, corpus: str, info: DocumentInfo) -> None:
        key = (corpus, info.slug)
        file = info.path.rsplit("/", 1)[-1]
        for name in (info.slug, info.title, info.specification.number, file, file.rpartition(".")[0]):
            if name:
                self._names.setdefault(_plain(name), set()).add(key)
        self._paths[key] = f"/{info.path.casefold().lstrip('/')}"
        self._flat[key] = _NOT_WORD.sub("-", self._paths[key])

    def named(self, gold: Gold) -> frozenset[DocumentKey]:
        """Those that fit all that the gold says of its document."""
        wanted = (gold.corpus, gold.document, gold.source, gold.path)
        if wanted not in self._cache:
            named = self._names.get(_plain(gold.document), set[DocumentKey]()) if gold.document else self._paths.keys()
            keys = {key for key in named if not gold.corpus or key[0] == gold.corpus}
            self._cache[wanted] = frozenset(
                self._at(keys, gold.source, gold.path) if gold.source or gold.path else keys
            )
        return self._cache[wanted]

    def _at(self, keys: set[DocumentKey], source: str, path: str) -> set[DocumentKey]:
        """The path right below the source, else anywhere below it, else where folders became part of a file's name."""
        below, within = f"/{path.casefold().strip('/')}" if path else "", f"/{source.casefold().strip('/')}/"
        paths = {key: self._paths[key] for key in keys}
        if source and path:
            right_below = {key for key, stored in paths.items() if stored.endswith(within[:-1] + below)}
            if right_below:
                return right_below
        anywhere = {k for k, stored in paths.items() if stored.endswith(below) and (not source or within in stored)}
        if anywhere:
            return anywhere
        flat_below, flat_within = _NOT_WORD.sub("-", below), _NOT_WORD.sub("-", within)
        return {
            key
            for key in keys
            if self._flat[key].endswith(flat_below) and (not source or flat_within in self._flat[key])
        }


class _GoldIndex:
    """Golds by what a passage has to have, so that each passage is compared with few of them."""

    def __init__(self, golds: dict[Gold, frozenset[DocumentKey] | None]) -> None:
        self._allowed = golds
        self._by_section: dict[str, list[Gold]] = {}
        self._by_clause: dict[str, list[Gold]] = {}
        self._by_run: dict[Run, list[Gold]] = {}
        self._runs: dict[Gold, frozenset[Run]] = {}
        self._short: list[tuple[Gold, str]] = []
        for gold in golds:
            if gold.text:
                self._add_text(gold)
            elif gold.clause:
                self._by_clause.setdefault(_plain(gold.clause), []).append(gold)
            else:
                self._by_section.setdefault(_section(gold.section), []).append(gold)

    def _add_text(self, gold: Gold) -> None:
        words = tokens(gold.text)
        self._runs[gold] = _runs(words)
        if not self._runs[gold]:
            self._short.append((gold, f" {' '.join(words)} "))
        for run in self._runs[gold]:
            self._by_run.setdefault(run, []).append(gold)

    def matches(self, corpus: str, row: ChunkRow) -> Iterator[Gold]:
        key = (corpus, row.slug)
        for gold in self._candidates(row):
            keys = self._allowed[gold]
            if (
                (keys is None or key in keys)
                and (not gold.corpus or gold.corpus == corpus)
                and (not gold.clause or _plain(gold.clause) in _clauses_above(row.clause_number))
                and (not gold.section or _section(gold.section) in _sections_above(row.section))
            ):
                yield gold

    def _candidates(self, row: ChunkRow) -> Iterator[Gold]:
        if self._by_clause:
            for clause in _clauses_above(row.clause_number):
                yield from self._by_clause.get(clause, ())
        if self._by_section:
            for section in _sections_above(row.section):
                yield from self._by_section.get(section, ())
        if not self._runs:
            return
        words = tokens(row.text)
        runs = _runs(words)
        shared = Counter(gold for run in runs for gold in self._by_run.get(run, ()))
        for gold, count in shared.items():
            if count >= OVERLAP * min(len(runs), len(self._runs[gold])):
                yield gold
        if self._short:
            spoken = f" {' '.join(words)} "
            yield from (gold for gold, phrase in self._short if phrase.strip() and phrase in spoken)


def _runs(words: Sequence[str]) -> frozenset[Run]:
    return frozenset(zip(*(words[at:] for at in range(_RUN)), strict=False))


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _section(path: str) -> str:
    return ">".join(_plain(part) for part in path.split(">"))


def _sections_above(path: str) -> list[str]:
    """The heading path itself and all that it begins with."""
    parts = _section(path).split(">")
    return [">".join(parts[:at]) for at in range(len(parts), 0, -1)] if path else []


def _clauses_above(number: str) -> list[str]:
    """The clause number itself and all that it begins with, at dots."""
    parts = _plain(number).split(".")
    return [".".join(parts[:at]) for at in range(len(parts), 0, -1)] if number else []
