"""The seam to the database behind the store: statements in, rows out, and one writer at a time.

The store's statements are SQL that SQLite and PostgreSQL both read, with ``?`` for each value. Whole numbers, text and
bytes go in and come out alike; text never holds a NUL, which PostgreSQL can not keep.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

Value = int | str | bytes | None
Row = tuple[Any, ...]


class Connection(Protocol):
    """What a transaction can do."""

    def execute(self, statement: str, values: Sequence[Value] = ()) -> list[Row]:
        """Run one statement; its rows, or none when it gives none."""
        ...

    def execute_many(self, statement: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run one statement for each row of values."""
        ...


class Database(Protocol):
    """One file or server. Safe for threads.

    Everything here raises KnowledgeError for a failure of the database, with what to do about it.
    """

    @property
    def name(self) -> str:
        """Its path or address, for messages; never with a password."""
        ...

    def reading(self) -> AbstractContextManager[Connection]:
        """Statements that only read; each sees what was committed before it."""
        ...

    def writing(self) -> AbstractContextManager[Connection]:
        """One transaction, all of it or nothing; the only one that writes meanwhile, of all processes."""
        ...

    def damage(self) -> tuple[str, ...]:
        """What the database's own check of its file finds wrong; empty where it is sound or keeps no file of ours."""
        ...

    def close(self) -> None:
        """Give it back. It can not be used afterwards."""
        ...
