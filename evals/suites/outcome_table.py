"""Recorded outcomes: how right each of several models was at each of many prompts.

Two published forms are read: RouteLLM's (https://github.com/lm-sys/RouteLLM, routellm/evals: CSV files with ``prompt``
and one column of True or False a model; prompts of ``contaminated_prompts.jsonl`` beside them are dropped, as its
benchmarks do) and LLMRouter's (https://github.com/ulab-uiuc/LLMRouter: a JSON array of ``{"question": ..., model:
score}``, or of ``{"question": ..., "scores": {model: score}}``).
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coreagent.errors import InputError
from coreagent.evals.files.opening import Digest, new_digest
from coreagent.evals.files.rows import is_object, read_rows
from coreagent.evals.files.tables import is_csv, read_csv_rows
from coreagent.evals.samples import Sample, Shown, TextGold
from coreagent.evals.suite import Loaded, Metric, Reading, Remark, Score, SuiteInfo
from coreagent.evals.system import Response
from coreagent.messages import Message, sound
from coreagent.models.chat import ToolSpec

CONTAMINATED = "contaminated_prompts.jsonl"
_PROMPTS = ("prompt", "question", "query")
_TRUTHS = {"true": 1.0, "false": 0.0}
_CATEGORIES = ("task_name", "task", "category")
_NO_MODELS = frozenset({*_PROMPTS, *_CATEGORIES, "id", "index", "subject", "ground_truth", "metric"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeTable:
    """``scores[row][column]`` in 0..1 is how right ``models[column]`` was at ``prompts[row]``.

    ``ids`` are unique (``file:row``), ``categories`` a file's name or a row's task. ``data_hash`` is the SHA-256 over
    the bytes of all files read, in the order of their names.
    """

    prompts: tuple[str, ...]
    models: tuple[str, ...]
    scores: tuple[tuple[float, ...], ...]
    ids: tuple[str, ...]
    categories: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    data_hash: str = ""
    files: tuple[str, ...] = ()


@dataclass(slots=True)
class _Rows:
    """Rows as they are read: id, category, prompt, score by model."""

    digest: Digest = field(default_factory=new_digest)
    found: list[tuple[str, str, str, dict[str, float]]] = field(
        default_factory=list[tuple[str, str, str, dict[str, float]]]
    )
    remarks: list[Remark] = field(default_factory=list[Remark])

    def add(self, row_id: str, category: str, prompt: str, scores: dict[str, float]) -> None:
        if prompt.strip() and scores:
            self.found.append((row_id, category, sound(prompt), scores))
        else:
            self.drop(row_id, "no prompt" if scores else "no scores")

    def drop(self, row_id: str, reason: str, detail: str = "") -> None:
        self.remarks.append(Remark(row_id, "dropped", reason, detail))


def read_outcomes(place: Path) -> OutcomeTable:
    """The table of one file, or of all ``.csv``, ``.csv.gz``, ``.json`` and ``.json.gz`` files of a folder.

    Rows without a prompt, without a score for each model, and contaminated ones are dropped with a remark.

    Raises:
        InputError: there is no such place, or no row in it can be used.
    """
    paths = table_files(place)
    rows, contaminated = _Rows(), set[str]()
    for path in paths:
        if path.name == CONTAMINATED:
            contaminated.update(contaminated_prompts(path, digest=rows.digest))
        else:
            _read(rows, path)
    models = tuple(dict.fromkeys(model for *_, scores in rows.found for model in scores))
    kept: list[tuple[str, str, str, tuple[float, ...]]] = []
    for row_id, category, prompt, scores in rows.found:
        missing = [model for model in models if model not in scores]
        if prompt.strip() in contaminated:
            rows.drop(row_id, "contaminated", "a training prompt of the routers asks nearly the same")
        elif missing:
            rows.drop(row_id, "no scores", f"none of {missing[0]}")
        else:
            kept.append((row_id, category, prompt, tuple(scores[model] for model in models)))
    if not kept:
        raise InputError(
            f"no recorded outcome could be read from {place}",
            mend="A CSV file needs a column `prompt` and one of True or False a model; JSON, `question` and scores.",
        )
    return OutcomeTable(
        ids=tuple(row[0] for row in kept),
        categories=tuple(row[1] for row in kept),
        prompts=tuple(row[2] for row in kept),
        models=models,
        scores=tuple(row[3] for row in kept),
        remarks=tuple(rows.remarks),
        data_hash=rows.digest.hexdigest(),
        files=tuple(str(path) for path in paths),
    )


def table_files(place: Path) -> list[Path]:
    """The files of a table: one, or those of a folder; the list of contaminated prompts beside them among them.

    Raises:
        InputError: there is no such place, or nothing in it that could be a table.
    """
    if place.is_file():
        beside = place.parent / CONTAMINATED
        return sorted({place, beside} if beside.is_file() else {place})
    if not place.is_dir():
        raise InputError(f"there is no file or folder {place}", mend="Check the path.")
    endings = (".csv", ".csv.gz", ".json", ".json.gz")
    paths = [path for path in place.iterdir() if path.name.endswith(endings) and "default_llm" not in path.name]
    if not paths:
        raise InputError(f"{place} has no {', '.join(endings)} file", mend="Name a folder of one published table.")
    return sorted([*paths, place / CONTAMINATED] if (place / CONTAMINATED).is_file() else paths)


def contaminated_prompts(path: Path, *, digest: Digest | None = None) -> Iterator[str]:
    """The prompts that a list of contaminated ones names."""
    for row in read_rows(path, digest=digest):
        if not isinstance(row, Remark) and is_object(row.value) and isinstance(row.value.get("eval_prompt"), str):
            yield sound(row.value["eval_prompt"]).strip()


def _read(rows: _Rows, path: Path) -> None:
    stem = stem_of(path)
    read = read_csv_rows if is_csv(path.name) else read_rows
    for row in read(path, digest=rows.digest):
        if isinstance(row, Remark):
            rows.remarks.append(row)
        elif is_object(row.value):
            _add(rows, f"{stem}:{row.number}", stem, row.value)
        else:
            rows.drop(f"{stem}:{row.number}", "not a row", "another form than an object")


def stem_of(path: Path) -> str:
    """The name of a file of a table, without its endings."""
    return path.name.split(".csv")[0].split(".json")[0]


def _add(rows: _Rows, row_id: str, stem: str, fields: Mapping[str, Any]) -> None:
    prompt, category, stated = parts_of(fields, stem)
    scores = {name: score for name, value in stated.items() if (score := score_of(value)) is not None}
    rows.add(row_id, category, prompt, scores)


def parts_of(fields: Mapping[str, Any], stem: str) -> tuple[str, str, Mapping[str, Any]]:
    """Prompt, category (that of a file is its name, ``stem``), and what stands under each model, of one row."""
    prompt = next((fields[name] for name in _PROMPTS if isinstance(fields.get(name), str)), "")
    category = next((str(fields[name]) for name in _CATEGORIES if fields.get(name)), stem)
    inner = fields.get("scores")
    return prompt, category, inner if is_object(inner) else {name: fields[name] for name in fields if _is_model(name)}


def _is_model(column: str) -> bool:
    return bool(column) and column not in _NO_MODELS and not column.endswith(("_response", "|total_cost"))


def score_of(value: Any) -> float | None:
    """A share, or None when it is none: not a number, or outside 0..1."""
    if isinstance(value, str):
        text = value.strip().casefold()
        if text in _TRUTHS:
            return _TRUTHS[text]
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and 0 <= number <= 1 else None


@dataclass(frozen=True, slots=True)
class _Outcomes:
    """Recorded outcomes as a suite: a recorded system states as its choice how right it was."""

    info: SuiteInfo = SuiteInfo(
        name="outcomes",
        title="Recorded outcomes of several models",
        files=("*.csv", "*.csv.gz", "*.json", "*.json.gz"),
        every_file=True,
        homepage="https://github.com/lm-sys/RouteLLM",
        licence="that of the table",
        sizes={},
        metrics=(Metric("accuracy"), Metric("macro", over="categories")),
        graded=True,
        note="Evaluates recorded models and routers over them; nothing is asked of a live model.",
    )

    def load(self, place: Path) -> Loaded:
        """A sample for each row of :func:`read_outcomes`, under the row's id.

        Raises:
            InputError: as :func:`read_outcomes`.
        """
        table = read_outcomes(place)
        samples = tuple(
            Sample(id=row_id, question=prompt, gold=TextGold(("1",)), category=category)
            for row_id, prompt, category in zip(table.ids, table.prompts, table.categories, strict=True)
        )
        return Loaded(samples=samples, remarks=table.remarks, data_hash=table.data_hash, files=table.files)

    def prompt(self, shown: Shown) -> tuple[Message, ...]:
        """The prompt as recorded."""
        return (Message.user(shown.sample.question),)

    def question(self, shown: Shown) -> str:
        """The prompt as recorded."""
        return shown.sample.question

    def tools(self, shown: Shown) -> tuple[ToolSpec, ...]:
        """None."""
        del shown
        return ()

    def read(self, shown: Shown, response: Response) -> Reading:
        """The recorded score that the response states as its choice; a live answer can not be judged here."""
        del shown
        score = score_of(response.choice)
        if score is None:
            return Reading("unparsed", problem="no recorded score" if response.text.strip() else "empty")
        return Reading("answer", repr(score))

    def score(self, shown: Shown, reading: Reading) -> Score:
        """The recorded score."""
        del shown
        return Score(float(reading.said))


OUTCOMES = _Outcomes()
