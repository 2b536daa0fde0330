"""The terms that a document explains itself: from its clauses of abbreviations and definitions, and from its text."""

import itertools
import re
from collections.abc import Iterator, Sequence

from coreagent.knowledge.documents.document import Document
from coreagent.knowledge.glossary import Term
from coreagent.knowledge.structure.abbreviation import MAX_EXPANSION, is_abbreviation, long_form
from coreagent.knowledge.structure.clauses import Clause
from coreagent.knowledge.structure.definitions import definition_clauses
from coreagent.knowledge.structure.entries import entries, plain

_MAX_TERMS = 5_000
_MAX_BRACKETS = 50_000
"""Bracketed abbreviations of one document that are looked at: about a second of work."""
_MAX_LISTED = 1_000_000
"""Characters of a document's lists of terms that are read; 3GPP's vocabulary, TR 21.905, has a third of it."""
_INLINE = re.compile(r"\((?P<short>[A-Za-z0-9][A-Za-z0-9/&+.-]{1,11}?)(?P<plural>s?)(?:[;,][^()\n]{0,40})?\)")
_BEFORE = 160
"""Characters before a bracket in which the words that it shortens are looked for."""
_PHRASE_START = re.compile(r"[.:;,!?()\[\]{}<>|*`\"“”/=#~\\]|\n\s*\n|\n\s*[-*+] |\s-\s|–|—")


def harvest(document: Document, clauses: Sequence[Clause]) -> tuple[Term, ...]:
    """Abbreviations and definitions that the document states, each once, at most 5,000.

    An entry of a clause of abbreviations or definitions gives an expansion where its words spell the abbreviation
    out, else a meaning, with the term itself as its expansion. In running text only "Access and Mobility Management
    Function (AMF)" counts, checked letter by letter. ``source`` is the standard's number with the clause's, or the
    document's title.
    """
    terms: dict[tuple[str, str], Term] = {}
    left = _MAX_LISTED
    for at in sorted(definition_clauses(clauses)):
        clause = clauses[at]
        end = min(clauses[at + 1].start if at + 1 < len(clauses) else clause.end, clause.start + left)
        left -= end - clause.start
        source = _source(document, clause)
        for abbreviation, expansion, meaning in entries(document.text[clause.start : end]):
            _keep(terms, Term(abbreviation=abbreviation, expansion=expansion, meaning=meaning, source=source))
    source = _source(document, None)
    for abbreviation, expansion in _inline(document.text, document.body_start):
        _keep(terms, Term(abbreviation=abbreviation, expansion=expansion, source=source))
    return tuple(terms.values())


def _keep(terms: dict[tuple[str, str], Term], term: Term) -> None:
    key = term.abbreviation.lower(), " ".join(term.expansion.lower().replace("-", " ").split())
    if key not in terms and len(terms) < _MAX_TERMS:
        terms[key] = term


def _source(document: Document, clause: Clause | None) -> str:
    name = document.specification.number or document.title
    return f"{name} {clause.number}" if clause and clause.number and document.specification.number else name


def _inline(text: str, start: int) -> Iterator[tuple[str, str]]:
    brackets = (found for found in _INLINE.finditer(text, start) if is_abbreviation(found["short"]))
    for found in itertools.islice(brackets, _MAX_BRACKETS):
        short = found["short"]
        before = text[max(start, found.start() - _BEFORE) : found.start()]
        breaks = list(_PHRASE_START.finditer(before.rstrip("*` ")))
        phrase = before[breaks[-1].end() if breaks else 0 :]
        expansion = " ".join(long_form(short, plain(phrase)).split())
        if expansion and len(expansion) <= MAX_EXPANSION:
            yield short, expansion
