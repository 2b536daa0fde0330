"""Rows of a table, line by line: a CSV of any length takes the memory of one line."""

import csv
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coreagent.errors import InputError
from coreagent.evals.files.opening import Digest, Lines, opened
from coreagent.evals.files.rows import MAX_LINE_BYTES, Row, is_object, read_rows
from coreagent.evals.files.tables import is_csv
from coreagent.evals.suite import Remark


@dataclass(slots=True)
class Dropped:
    """What could not be used, counted by reason, with the first place of each."""

    counts: Counter[str] = field(default_factory=Counter[str])
    first: dict[str, str] = field(default_factory=dict[str, str])

    def add(self, reason: str, place: str) -> None:
        """One more."""
        self.counts[reason] += 1
        self.first.setdefault(reason, place)

    def remarks(self) -> tuple[str, ...]:
        """In words, one line a reason."""
        return tuple(
            f"{count:,} rows {reason} ({'first: ' if count > 1 else ''}{self.first[reason]})"
            for reason, count in self.counts.items()
        )


def table_rows(path: Path, dropped: Dropped, *, digest: Digest) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows with their number, from CSV, JSON Lines or a JSON array, each also as gzip.

    Raises:
        InputError: there is no such file, it is binary, its head line names a column twice, or a field is too long.
    """
    for row in _csv_rows(path, digest) if is_csv(path.name) else read_rows(path, digest=digest):
        if isinstance(row, Remark):
            dropped.add(f"{row.trouble}: {row.reason}", row.row)
        elif is_object(row.value):
            yield row.number, row.value
        else:
            dropped.add("dropped: no object", f"{path.name}:{row.number}")


def _csv_rows(path: Path, digest: Digest) -> Iterator[Row | Remark]:
    with opened(path, digest) as stream:
        broken: list[Remark] = []
        reader = csv.reader(_text(stream, path.name, broken))
        head: list[str] = []
        try:
            head = [name.strip() for name in next(reader, list[str]())]
            twice = [name for name, count in Counter(head).items() if count > 1 and name]
            if twice:
                raise InputError(f"{path}: the column {twice[0]!r} stands twice", mend="Rename one of them.")
            number = 0
            for fields in reader:
                if not fields:
                    continue
                number += 1
                if len(fields) > len(head):
                    yield Remark(f"{path.name}:{number}", "dropped", "more fields than the head line")
                else:
                    yield Row(number, dict(zip(head, fields, strict=False)))
                yield from broken
                broken.clear()
            yield from broken
        except csv.Error as error:
            raise InputError(
                f"{path}: line {reader.line_num}: {error}", mend="Mend that line, or give the table as JSON Lines."
            ) from error


def _text(stream: Lines, name: str, broken: list[Remark]) -> Iterator[str]:
    number = 0
    while True:
        try:
            line = stream.readline(MAX_LINE_BYTES)
        except (EOFError, OSError, zlib.error) as error:
            broken.append(Remark(f"{name}:{number + 1}", "dropped", "the packed file ends or breaks here", str(error)))
            return
        if not line:
            return
        number += 1
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            broken.append(Remark(f"{name}:{number}", "repaired", "not UTF-8, read with replacement characters"))
            yield line.decode(errors="replace")
