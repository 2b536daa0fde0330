"""Question files: JSON lines, CSV and TOML. What is wrong with one is said with its line and with how it should be.

JSON lines, one question each::

    {"id": "q1", "question": "...", "gold": [{"document": "TS 38.331", "clause": "5.3.1"}], "kind": "fact"}
    {"id": "q2", "question": "...", "gold": []}

The fields of a gold are those of :class:`~coreagent.evals.retrieval.questions.Gold`; an empty list makes a question
off-topic. CSV (or TSV) has a heading line with ``question`` and at least one column named like a field of a gold; rows
without any of them filled are off-topic. TOML has a ``[[question]]`` table each, either with ``gold`` as above or with
the fields themselves and ``also``, a list of other places as ``[source, path, section]``; a list of texts named
``questions`` holds off-topic ones.
"""

import csv
import json
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from coreagent.errors import InputError
from coreagent.evals.retrieval.questions import Gold, Question, QuestionSet

MAX_LINE_BYTES = 4_000_000
MAX_TOML_BYTES = 50_000_000
_GOLD_FIELDS = ("corpus", "document", "source", "path", "section", "clause", "text")
_JSON_FORM = '{"id": "q1", "question": "...", "gold": [{"document": "...", "section": "..."}]}'
_CSV_FORM = "a heading line with question and one or more of document, path, section, clause, text"
_TOML_FORM = '[[question]] tables with id = "...", question = "...", path = "..." and section = "..."'


def _spelled(value: object) -> object:
    # Ids and clause numbers are often written as numbers.
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


_Text = Annotated[str, BeforeValidator(_spelled)]


class _GoldRow(BaseModel):
    """A misspelled field would make a gold wider than it is meant, so others are refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    corpus: _Text = ""
    document: _Text = ""
    source: _Text = ""
    path: _Text = ""
    section: _Text = ""
    clause: _Text = ""
    text: _Text = ""

    def gold(self) -> Gold:
        return Gold(**self.model_dump())


class _QuestionRow(BaseModel):
    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    id: _Text = ""
    question: str = Field(min_length=1)
    gold: list[_GoldRow]
    kind: _Text = ""


class _TomlFile(BaseModel):
    question: list[dict[str, Any]] = []
    questions: list[str] = []


class _Others(BaseModel):
    also: list[tuple[_Text, _Text, _Text]] = []


def read_questions(path: Path) -> QuestionSet:
    """All questions of a file.

    Raises:
        InputError: the file is empty, is not UTF-8, is of another kind, or a row is not as it should be.
        OSError: the file can not be read.
    """
    readers: dict[str, Callable[[Path], Iterator[Question]]] = {
        ".jsonl": _read_jsonl,
        ".ndjson": _read_jsonl,
        ".csv": _read_csv,
        ".tsv": _read_csv,
        ".toml": _read_toml,
    }
    reader = readers.get(path.suffix.lower())
    if path.is_dir() or reader is None:
        raise InputError(
            f"{path}: not a question file",
            mend="Give a .jsonl, .csv, .tsv or .toml file, or a folder with queries.jsonl, corpus.jsonl and qrels/.",
        )
    found = QuestionSet.of(path.name, reader(path))
    if not found.questions:
        form = {".toml": _TOML_FORM, ".csv": _CSV_FORM, ".tsv": _CSV_FORM}.get(path.suffix.lower(), _JSON_FORM)
        raise InputError(f"{path}: no question in it", mend=f"Write {form}.")
    return found


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines with their numbers from 1, one at a time however large the file is.

    Raises:
        InputError: a line is not UTF-8, or longer than 4 MB.
    """
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(raw) > MAX_LINE_BYTES:
                raise _wrong(path, number, "longer than 4 MB", "Write one question on each line.")
            try:
                text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                mend = f"Convert it: iconv -f WINDOWS-1252 -t UTF-8 {path} > {path.stem}.utf8{path.suffix}"
                raise _wrong(path, number, f"not UTF-8 at byte {error.start + 1} of the line", mend) from error
            yield number, text


def json_rows(path: Path, form: str = _JSON_FORM) -> Iterator[tuple[int, dict[str, Any]]]:
    """Objects with the numbers of their lines; blank lines are passed over.

    Raises:
        InputError: a line is not a JSON object, or as :func:`lines` says.
    """
    for number, text in lines(path):
        if not text.strip():
            continue
        try:
            row: Any = json.loads(text)
        except (ValueError, RecursionError) as error:
            cause = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deep"
            raise _wrong(path, number, f"not JSON: {cause}", f"Write one object on each line: {form}") from error
        if not isinstance(row, dict):
            raise _wrong(path, number, "not a JSON object", f"Write one object on each line: {form}")
        yield number, row


def _read_jsonl(path: Path) -> Iterator[Question]:
    for number, row in json_rows(path):
        yield _question(path, number, row, form=_JSON_FORM)


def _read_csv(path: Path) -> Iterator[Question]:
    texts = (text for _, text in lines(path))
    rows = csv.reader(texts, delimiter="\t" if path.suffix.lower() == ".tsv" else ",", strict=True)
    names: list[str] = []
    number = 0
    try:
        for cells in rows:
            number = rows.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if not names:
                names = [cell.strip().lower() for cell in cells]
                _check_columns(path, number, names)
                continue
            if len(cells) != len(names):
                raise _wrong(path, number, f"{len(cells)} columns under {len(names)} headings", f"Write {_CSV_FORM}.")
            row: dict[str, Any] = dict(zip(names, cells, strict=True))
            gold = {name: row[name] for name in _GOLD_FIELDS if row.get(name, "").strip()}
            row["gold"] = [gold] if gold else []
            yield _question(path, number, row, form=_CSV_FORM)
    except csv.Error as error:
        raise _wrong(path, max(number, rows.line_num), f"not CSV: {error}", f"Write {_CSV_FORM}.") from error


def _check_columns(path: Path, number: int, names: list[str]) -> None:
    if "question" not in names:
        raise _wrong(path, number, "no column is called question", f"Write {_CSV_FORM}.")
    if not set(names) & set(_GOLD_FIELDS) - {"corpus"}:
        raise _wrong(path, number, "no column says where an answer stands", f"Write {_CSV_FORM}.")


def _read_toml(path: Path) -> Iterator[Question]:
    if path.stat().st_size > MAX_TOML_BYTES:
        raise InputError(f"{path}: larger than 50 MB", mend="Write so many questions as JSON lines.")
    text = "".join(line for _, line in lines(path))
    try:
        data = tomllib.loads(text.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{path}: not TOML: {error}", mend=f"Write {_TOML_FORM}.") from error
    try:
        file = _TomlFile.model_validate(data)
    except ValidationError as error:
        raise InputError(f"{path}: {_said(error)}", mend=f"Write {_TOML_FORM}.") from error
    for number, row in enumerate(file.question, start=1):
        yield _question(path, number, _with_gold(path, number, row), form=_TOML_FORM, unit="question")
    for number, asked in enumerate(file.questions, start=1):
        far: dict[str, Any] = {"id": f"off-topic {number}", "question": asked, "gold": []}
        yield _question(path, number, far, form=_TOML_FORM, unit="off-topic question")


def _with_gold(path: Path, number: int, row: dict[str, Any]) -> dict[str, Any]:
    if "gold" in row:
        return row
    try:
        others = _Others.model_validate(row).also
    except ValidationError as error:
        raise _wrong(
            path, number, _said(error), "Write also = [[source, path, section], ...].", unit="question"
        ) from error
    first = {name: row[name] for name in _GOLD_FIELDS if name in row}
    gold = [
        *([first] if first else []),
        *(dict(zip(("source", "path", "section"), one, strict=True)) for one in others),
    ]
    # A table that names no place is more likely unfinished than off-topic, which gold = [] says.
    return {**row, "gold": gold} if gold else row


def _question(path: Path, number: int, row: dict[str, Any], *, form: str, unit: str = "line") -> Question:
    try:
        read = _QuestionRow.model_validate(row)
    except ValidationError as error:
        raise _wrong(path, number, _said(error), f"Write {form}.", unit=unit) from error
    gold = tuple(dict.fromkeys(entry.gold() for entry in read.gold))
    if any(entry.is_empty for entry in gold):
        cause = "a gold says nothing of where the answer stands"
        raise _wrong(path, number, cause, f"Name a {', '.join(_GOLD_FIELDS[1:-1])} or text.", unit=unit)
    return Question(id=read.id or f"{unit} {number}", text=read.question, gold=gold, kind=read.kind)


def _said(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg'][:1].lower()}{first['msg'][1:]}"


def _wrong(path: Path, number: int, cause: str, mend: str, *, unit: str = "line") -> InputError:
    return InputError(f"{path}, {unit} {number}: {cause}", mend=mend)
