"""Abbreviations of the field: what they stand for, looked up either way, and added to a question before a search."""

import difflib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from coreagent.answer import Evidence
from coreagent.errors import KnowledgeError

BUNDLED = Path(__file__).resolve().parent / "glossary.toml"
_TOKEN = re.compile(r"[^\W_]+(?:[-_./&][^\W_]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One abbreviation. ``source`` names the standard it comes from."""

    abbreviation: str
    expansion: str
    meaning: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedTerm:
    """A term that a document of a corpus states, and the passage that states it."""

    term: Term
    evidence: Evidence


class TermSource(Protocol):
    """Knows what the documents of corpora say that a term stands for."""

    async def define(self, name: str, *, corpora: tuple[str, ...] = ()) -> tuple[StatedTerm, ...]:
        """Each meaning of an abbreviation or term once, the best founded first; all corpora when none is named.

        Raises:
            UnknownNameError: a corpus that does not exist.
            KnowledgeError: a corpus that can not be read.
        """
        ...


class Glossary:
    """Terms by abbreviation and by expansion, whatever the case."""

    def __init__(self, terms: Iterable[Term]) -> None:
        """One abbreviation may stand for several things: each is a term of its own."""
        self.terms = tuple(terms)
        self._by_name: dict[str, list[Term]] = {}
        for term in self.terms:
            for name in {_key(term.abbreviation), _key(term.expansion)}:
                self._by_name.setdefault(name, []).append(term)

    @classmethod
    def load(cls, path: Path = BUNDLED) -> "Glossary":
        """Read ``[[term]]`` tables; a missing file is an empty glossary.

        Raises:
            KnowledgeError: the file is not valid TOML, or a term lacks its abbreviation or expansion.
        """
        try:
            data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
            return cls(
                Term(
                    abbreviation=str(row["abbreviation"]),
                    expansion=str(row["expansion"]),
                    meaning=str(row.get("meaning", "")),
                    source=str(row.get("source", "")),
                )
                for row in data.get("term", ())
            )
        except FileNotFoundError:
            return cls(())
        except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
            raise KnowledgeError(f"{path}: not a glossary: {error}", mend="Mend the file.") from error

    def lookup(self, name: str) -> tuple[Term, ...]:
        """Terms of this abbreviation or expansion; empty when there is none."""
        key = _key(name)
        found = self._by_name.get(key) or (self._by_name.get(key[:-1]) if key.endswith("s") else None)
        return tuple(found or ())

    def near(self, name: str, *, limit: int = 3) -> tuple[Term, ...]:
        """Terms whose abbreviation or expansion is spelled alike, nearest first."""
        keys = difflib.get_close_matches(_key(name), self._by_name, n=limit, cutoff=0.7)
        return tuple(dict.fromkeys(term for key in keys for term in self._by_name[key]))[:limit]

    def expand(self, query: str) -> tuple[str, ...]:
        """Expansions of the abbreviations in a question, in order.

        A word counts as an abbreviation when it is written with a capital or a digit, so that "as" and "it" stay words.
        """
        words = [word for word in _TOKEN.findall(query) if any(c.isupper() or c.isdigit() for c in word)]
        return tuple(dict.fromkeys(term.expansion for word in words for term in self._abbreviated(word)))

    def _abbreviated(self, word: str) -> list[Term]:
        key = _key(word)
        # "Did" is not DID: a word with one leading capital must match the abbreviation's own spelling.
        strict = word[0].isupper() and word[1:].islower()
        return [
            term
            for term in self.lookup(key)
            if _key(term.abbreviation) in (key, key.removesuffix("s"))
            and (not strict or term.abbreviation == word)
            # A term that a corpus defines, rather than abbreviates, has no other words for itself.
            and _key(term.expansion) != key
        ]


@cache
def bundled_glossary() -> Glossary:
    """The glossary inside the package, read once."""
    return Glossary.load()


def _key(name: str) -> str:
    return " ".join(name.lower().split())
