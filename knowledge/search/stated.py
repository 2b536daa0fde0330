"""Terms that the documents of corpora state themselves, each with the place where one of them states it."""

import re
from collections.abc import Sequence

from coreagent.knowledge.glossary import StatedTerm, Term
from coreagent.knowledge.search.corpus_index import CorpusIndex
from coreagent.knowledge.search.evidence import evidence
from coreagent.knowledge.store.rows import ChunkRow, DocumentRow

MAX_MEANINGS = 5
"""Of one name: more are no answer."""
_WORD = re.compile(r"\w+")
_OPENING = 5
"""Words at the beginning of a meaning by which its place is found."""


def stated_terms(name: str, opened: Sequence[CorpusIndex]) -> tuple[StatedTerm, ...]:
    """What the corpora say that ``name`` stands for, each meaning once, at most :data:`MAX_MEANINGS`.

    In the order of the corpora; within one, what more of its current documents state comes first.

    Raises:
        KnowledgeError: a corpus can not be read.
    """
    meanings: dict[str, StatedTerm] = {}
    for index in opened:
        stating: dict[str, list[tuple[Term, DocumentRow]]] = {}
        for term in index.glossary.lookup(name):
            said = term.meaning if _key(term.expansion) == _key(term.abbreviation) else term.expansion
            for row in _documents(index, term):
                stating.setdefault(_key(said), []).append((term, row))
        # sorted() keeps the alphabetical order of equals, so that the answer is the same every time.
        for said, places in sorted(stating.items(), key=lambda item: -len(item[1])):
            cited = _cited(index, *places[0]) if said not in meanings and len(meanings) < MAX_MEANINGS else None
            if cited is not None:
                meanings[said] = cited
    return tuple(meanings.values())


def _documents(index: CorpusIndex, term: Term) -> list[DocumentRow]:
    """Documents that state the term, without those of which the corpus has a newer version."""
    old = set(index.columns.documents[index.superseded].tolist())
    ids = index.store.documents_stating(index.corpus, term)
    return [index.documents[number] for number in ids if number in index.documents and number not in old]


def _cited(index: CorpusIndex, term: Term, document: DocumentRow) -> StatedTerm | None:
    """The term with the passage that states it; None where the document was removed meanwhile.

    That is the first where its words stand side by side, else where they stand at all, else the document's first.
    """
    short, full = _key(term.abbreviation), _key(term.expansion)
    if short == full:
        full = " ".join(_key(term.meaning).split()[:_OPENING])
    ids = index.columns.ids[index.columns.documents == document.id].tolist()
    best: tuple[int, ChunkRow] | None = None
    for row in index.store.chunk_rows(index.corpus, ids):
        held = f" {_key(row.text)} "
        beside = f" {short} {full} " in held or f" {full} {short} " in held
        merit = 2 if beside else int(f" {short} " in held and f" {full} " in held)
        if best is None or merit > best[0]:
            best = merit, row
        if beside:
            break
    if best is None:
        return None
    row = best[1]
    return StatedTerm(term=term, evidence=evidence(index, row, span=(row.start, row.end), score=1.0))


def _key(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))
