"""What a question asks the index for: its words as concepts, its parts, its options, the clauses that it names."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from coreagent.knowledge.glossary import Glossary
from coreagent.knowledge.index.lexical import Concept
from coreagent.knowledge.index.terms import terms
from coreagent.knowledge.search.references import Reference, references
from coreagent.models.builtin.parts import split_parts
from coreagent.questions import parse_question

_EXPANSION_WEIGHT = 0.3
"""A glossary's expansion may be the wrong one of several, so its words count for less than those that were written."""
_SCAFFOLD_WEIGHT = 0.3
_SCAFFOLD = frozenset(terms("role purpose clause section annex"))
"""Words that ask rather than name: "explain the role of X"."""
_MAX_CHARACTERS = 2_000
"""A longer question is a case with data: its beginning and its end say what is asked."""
_MAX_PARTS = 4
_MAX_OPTIONS = 8
_SMALL = frozenset(("", "a", "an", "and", "at", "by", "for", "in", "of", "on", "or", "the", "to", "with"))
_SOURCE = re.compile(r"\s*\[[^\[\]]{2,80}\]\s*\Z")
_WORD = re.compile(r"[^\s?,;:()\[\]\"'“”]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One search: its text for the embedder, its concepts for the word index; ``weight`` of its findings, 0..1.

    ``role`` says what it is: the whole question, a part of it, or an option that it offers.
    """

    text: str
    concepts: tuple[Concept, ...]
    weight: float = 1.0
    role: str = "question"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """``queries`` has the whole question first; ``references`` are the documents and clauses that it names."""

    text: str
    queries: tuple[Query, ...]
    references: tuple[Reference, ...] = ()


def understand(text: str, *, glossaries: Sequence[Glossary], split: bool = True, options: bool = True) -> Question:
    """Read a question. A blank one has no queries.

    ``split`` searches each part of a two-part question by itself too, ``options`` each option of a multiple-choice one.
    """
    clean = " ".join(text.split())
    if len(clean) > _MAX_CHARACTERS:
        clean = f"{clean[: _MAX_CHARACTERS // 2]} {clean[-_MAX_CHARACTERS // 2 :]}"
    if not clean:
        return Question(text=text, queries=())
    parsed = parse_question(text) if options else None
    stem = " ".join(parsed.stem.split())[:_MAX_CHARACTERS] if parsed and parsed.options else clean
    stem = stem or clean
    expansions = tuple(dict.fromkeys(term for one in glossaries for term in one.expand(stem)))
    queries = [Query(text=_SOURCE.sub("", stem) or stem, concepts=concepts(stem, expansions))]
    if split:
        parts = split_parts(stem)
        if 1 < len(parts) <= _MAX_PARTS:
            queries += [_query(part, glossaries, weight=0.9, role="part") for part in parts]
    if parsed and len(parsed.options) <= _MAX_OPTIONS:
        queries += [_query(f"{stem} {option.text}", glossaries, weight=0.9, role="option") for option in parsed.options]
    return Question(text=text, queries=tuple(queries), references=references(clean))


def _query(text: str, glossaries: Sequence[Glossary], *, weight: float, role: str) -> Query:
    expansions = dict.fromkeys(term for one in glossaries for term in one.expand(text))
    return Query(text=text, concepts=concepts(text, expansions), weight=weight, role=role)


def concepts(text: str, expansions: Iterable[str] = ()) -> tuple[Concept, ...]:
    """The words of a question, each once; an abbreviation and the full form beside it are one concept.

    The words of ``expansions`` that the question does not hold itself count for less, and so do those of a source in
    brackets at its end ("[3GPP Release 17]"), which say where to look rather than for what.
    """
    body = _SOURCE.sub("", text) or text
    source = terms(text[len(body) :])
    rest, found = body, list[Concept]()
    taken: set[str] = set()
    for short, full in spelled_out(body):
        alternatives = (terms(short), terms(full))
        if not all(alternatives) or taken.intersection(*map(set, alternatives)):
            continue
        # A word of both counts as the abbreviation's: once.
        own = [term for term in dict.fromkeys(alternatives[1]) if term not in alternatives[0]]
        if not own:
            continue
        found.append(
            Concept((tuple((term, 1.0) for term in dict.fromkeys(alternatives[0])), tuple((t, 1.0) for t in own)))
        )
        taken.update(*alternatives)
        rest = rest.replace(short, " ", 1).replace(full, " ", 1)
    for term in dict.fromkeys(terms(rest)):
        if term not in taken:
            taken.add(term)
            found.append(Concept((((term, _SCAFFOLD_WEIGHT if term in _SCAFFOLD else 1.0),),)))
    expanded = (term for expansion in expansions for term in terms(expansion))
    for weight, more in ((_SCAFFOLD_WEIGHT, source), (_EXPANSION_WEIGHT, expanded)):
        for term in more:
            if term not in taken:
                taken.add(term)
                found.append(Concept((((term, weight),),)))
    # A question of scaffolding alone ("What is its purpose?") is still searched for what it has.
    return tuple(found)


def spelled_out(text: str) -> tuple[tuple[str, str], ...]:
    """Abbreviations with the full form right behind them, or before them in brackets, told by the initials.

    After Schwartz and Hearst, "A simple algorithm for identifying abbreviation definitions" (2003), on a question's few
    words: "AMF Access and Mobility Function", "Access and Mobility Function (AMF)".
    """
    words = [(match[0], match.start(), match.end()) for match in _WORD.finditer(text)]
    found: list[tuple[str, str]] = []
    for at, (word, start, end) in enumerate(words):
        if sum(character.isupper() for character in word) < 2 or len(word) > 12:
            continue
        bracketed = text[start - 1 : start] == "(" and text[end : end + 1] == ")"
        for length in range(min(7, len(words)), 1, -1):
            side = words[max(0, at - length) : at] if bracketed else words[at + 1 : at + 1 + length]
            if len(side) == length and _initials(word, [one[0] for one in side]):
                found.append((word, text[side[0][1] : side[-1][2]]))
                break
    return tuple(found)


def _initials(short: str, words: Sequence[str]) -> bool:
    """Can the abbreviation be read off the words: its letters in order, at half of the words' beginnings at least?"""
    letters = [character for character in short.lower() if character.isalnum()]
    initials = [part[0].lower() for word in words for part in re.split(r"[-/]", word) if part.lower() not in _SMALL]
    if not letters or not initials or words[0].lower() in _SMALL or initials[0] != letters[0]:
        return False
    rest = iter(" ".join(words).lower())
    if not all(letter in rest for letter in letters):
        return False
    hits, used = 0, 0
    for initial in initials:
        if initial in letters[used:]:
            hits, used = hits + 1, letters.index(initial, used) + 1
    return 2 * hits >= len(initials)
