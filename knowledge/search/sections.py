"""Clauses looked up by number, with their subclauses, or by words of their heading path."""

import re
from collections.abc import Iterable, Sequence

from coreagent.knowledge.store.rows import ClauseRow

_NUMBER = re.compile(r"[A-Za-z]?[\d.]+[a-z]?|[A-Z]")


class Sections:
    """The clauses of a corpus. Immutable."""

    def __init__(self, clauses: Sequence[ClauseRow]) -> None:
        """Note every clause under its number, under the numbers of the clauses above it, and under its path."""
        self._below: dict[str, set[int]] = {}
        self._paths: dict[str, set[int]] = {}
        for row in clauses:
            number = plain_number(row.number)
            parts = number.split(".") if number else []
            for length in range(1, len(parts) + 1):
                self._below.setdefault(".".join(parts[:length]), set()).add(row.id)
            self._paths.setdefault(row.path.casefold(), set()).add(row.id)

    def numbered(self, number: str) -> set[int]:
        """Ids of the clause of this number and of those below it, in any document."""
        return self._below.get(plain_number(number), set())

    def called(self, sections: Iterable[str]) -> set[int]:
        """Ids of the clauses that any of the names means: a number, else words that stand in the heading path."""
        out: set[int] = set()
        for name in sections:
            out |= self.numbered(name)
            if not _NUMBER.fullmatch(name.strip()):
                words = name.strip().casefold()
                out.update(number for path, ids in self._paths.items() if words in path for number in ids)
        return out


def plain_number(number: str) -> str:
    """``Annex B`` and ``b`` are one clause."""
    return number.casefold().removeprefix("annex").strip()
