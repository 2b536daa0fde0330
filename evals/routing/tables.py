"""Outcome tables from files.

Two forms are told apart by their columns:

* long: a line for each prompt, role and model, with ``prompt``, ``model`` and ``score`` and, where known, ``role``,
  ``domain`` (or ``task``), ``input_tokens``, ``output_tokens``, ``usd`` (or ``cost``), ``seconds`` (or ``latency``),
  ``verdict``, ``retrieval`` (confidence in the evidence at hand) and ``id``. Lines that repeat a prompt, role and model
  are epochs and are averaged.
* wide: a line for each prompt with a column for each model, as RouteLLM and LLMRouter publish them
  (:mod:`coreagent.evals.suites.outcome_table`) and RouterBench does (``model`` and ``model|total_cost``). A prompt that
  stands twice stays two rows of one group.

Scores are in 0..1; True and False count as 1 and 0. An empty cell, ``NaN``, ``null`` or a missing line is a gap, never
a zero. A score outside 0..1 is an error, for it says that the scale is another one.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coreagent.errors import InputError
from coreagent.evals.files.opening import Digest, new_digest
from coreagent.evals.routing.cells import Cells
from coreagent.evals.routing.prices import TokenEstimate
from coreagent.evals.routing.streaming import Dropped, table_rows
from coreagent.evals.suites.outcome_table import CONTAMINATED, contaminated_prompts, parts_of, stem_of, table_files
from coreagent.messages import sound
from coreagent.models.card import Price
from coreagent.plans import ROLES
from coreagent.routing.outcomes import Outcomes

_NAMES: dict[str, tuple[str, ...]] = {
    "prompt": ("prompt", "question", "query"),
    "model": ("model", "model_name"),
    "scores": ("score", "performance"),
    "usd": ("usd", "cost_usd", "cost"),
    "input_tokens": ("input_tokens", "prompt_tokens"),
    "output_tokens": ("output_tokens", "completion_tokens"),
    "seconds": ("seconds", "latency", "response_time"),
    "verdicts": ("verdict",),
    "retrieval": ("retrieval",),
    "domain": ("domain", "task", "task_name", "category"),
}
_SHARES = ("scores", "verdicts", "retrieval")
_AMOUNTS = ("usd", "input_tokens", "output_tokens", "seconds")
_ENDLESS = 1e30
_FIGURES = (*_SHARES, *_AMOUNTS)
_NO_MODELS = frozenset(name for names in _NAMES.values() for name in names) | {"role", "cluster_id"}
_WORDS = {"true": 1.0, "false": 0.0, **dict.fromkeys(("", "null", "none", "n/a"), math.nan)}
_FORMS = (
    "A long table has the columns prompt, model and score; a wide one prompt and a column of scores for each model."
)


def read_outcome_table(
    place: Path, *, prices: Mapping[str, Price] | None = None, estimate: TokenEstimate | None = None
) -> Outcomes:
    """The table of a file, or of all tables of a folder; see the head of this file for the forms.

    ``prices`` fill in dollars where tokens are known; ``estimate`` estimates tokens where they are not. Prompts that a
    ``contaminated_prompts.jsonl`` beside the files names are dropped, as are rows without a prompt, a model or a score
    that can be read; ``remarks`` of the outcomes count them by reason.

    Raises:
        InputError: there is no such place, nothing in it that can be used, a score or verdict outside 0..1, a negative
            amount, a role that is none, or a column that stands twice.
    """
    cells, dropped, digest = Cells(), Dropped(), new_digest()
    contaminated: set[str] = set()
    paths = _files(place)
    for path in paths:
        if path.name == CONTAMINATED:
            contaminated.update(contaminated_prompts(path, digest=digest))
    columns: set[str] = set()
    for path in paths:
        if path.name != CONTAMINATED:
            columns |= _read(path, cells, dropped, digest, contaminated)
    try:
        return cells.outcomes(data_hash=digest.hexdigest(), remarks=dropped.remarks(), prices=prices, estimate=estimate)
    except InputError as error:
        told = f"; {'; '.join(dropped.remarks())}" if dropped.counts else ""
        mend = f"{_FORMS}{_has(columns)}" if "holds no score" in error.message else error.mend
        raise InputError(f"{place}: {error.message}{told}", mend=mend) from error


def _files(place: Path) -> list[Path]:
    """As published; a folder of JSON Lines alone is one too."""
    if place.is_dir():
        lines = sorted(path for path in place.iterdir() if path.name.endswith((".jsonl", ".jsonl.gz")))
        others = [path for path in place.iterdir() if path.name.endswith((".csv", ".csv.gz", ".json", ".json.gz"))]
        if lines and not others:
            return lines
    return table_files(place)


def _read(path: Path, cells: Cells, dropped: Dropped, digest: Digest, contaminated: set[str]) -> set[str]:
    """Add the rows of one file; gives the columns it has."""
    stem, columns = stem_of(path), set[str]()
    forms: dict[tuple[str, ...], dict[str, str]] = {}
    for number, fields in table_rows(path, dropped, digest=digest):
        columns = columns or set(fields)
        where = f"{path.name}:{number}"
        names = tuple(fields)
        form = forms.get(names)
        if form is None:
            form = forms[names] = _form(names)
        if "model" in form and "scores" in form:
            _add_long(cells, dropped, fields, form, where, contaminated)
        elif "model" in form or "scores" in form:
            has, missing = ("model", "score") if "model" in form else (form["scores"], "model")
            raise InputError(f"{where}: has {has}, and no {missing}", mend=f"{_FORMS}{_has(columns)}")
        else:
            _add_wide(cells, dropped, fields, where, stem, contaminated)
    return columns


def _form(names: tuple[str, ...]) -> dict[str, str]:
    """The column that holds each thing, under whichever name; what no column holds is left out."""
    held = {thing: next((name for name in known if name in names), None) for thing, known in _NAMES.items()}
    return {thing: name for thing, name in held.items() if name is not None}


def _has(columns: set[str]) -> str:
    return f" It has {', '.join(sorted(columns)[:12])}." if columns else ""


def _add_long(
    cells: Cells,
    dropped: Dropped,
    fields: Mapping[str, Any],
    form: Mapping[str, str],
    where: str,
    contaminated: set[str],
) -> None:
    prompt, model = _text(fields, form, "prompt"), _text(fields, form, "model").strip()
    if not prompt.strip() or not model:
        dropped.add("dropped: no prompt" if model else "dropped: no model", where)
        return
    if contaminated and prompt.strip() in contaminated:
        dropped.add("dropped: contaminated", where)
        return
    role = str(fields.get("role") or "").strip()
    if role and role not in ROLES:
        raise InputError(
            f"{where}: {role!r} is no role", mend=f"Roles are {', '.join(ROLES)}; leave it empty for none."
        )
    values: dict[str, float] = {}
    for thing in _FIGURES:
        name = form.get(thing)
        if name is None:
            continue
        value = _number(fields.get(name))
        if value is None:
            dropped.add(f"have no number under {name}", where)
        else:
            values[thing] = _checked(value, thing, where, model)
    domain, row_id = _text(fields, form, "domain").strip(), str(fields.get("id") or "")
    retrieval = values.pop("retrieval", math.nan)
    cells.add(prompt, model, values, role=role, domain=domain, row_id=row_id, retrieval=retrieval)


def _add_wide(
    cells: Cells, dropped: Dropped, fields: Mapping[str, Any], where: str, stem: str, contaminated: set[str]
) -> None:
    prompt, category, stated = parts_of(fields, stem)
    prompt = sound(prompt)
    if prompt.strip() in contaminated:
        dropped.add("dropped: contaminated", where)
        return
    known: dict[str, dict[str, float]] = {}
    for model, said in stated.items():
        value = None if model in _NO_MODELS else _number(said)
        if value is not None and not math.isnan(value):
            usd = _number(fields.get(f"{model}|total_cost"))
            known[model] = {
                "scores": _checked(value, "scores", where, model),
                "usd": math.nan if usd is None else _checked(usd, "usd", where, model),
            }
    if not prompt.strip() or not known:
        dropped.add("dropped: no scores" if prompt.strip() else "dropped: no prompt", where)
    for model, values in known.items() if prompt.strip() else ():
        cells.add(prompt, model, values, domain=category, row_id=where)


def _text(fields: Mapping[str, Any], form: Mapping[str, str], thing: str) -> str:
    said = fields.get(form.get(thing, ""))
    return "" if said is None else sound(said if isinstance(said, str) else str(said))


def _number(value: Any) -> float | None:
    """NaN for nothing, None for what is no number."""
    if value is None:
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return _WORDS.get(value.strip().casefold()) if isinstance(value, str) else None


def _checked(value: float, thing: str, where: str, model: str) -> float:
    """The value, if it can be what it is said to be; NaN can."""
    if value < 0 or value > (1 if thing in _SHARES else _ENDLESS):
        if thing in _AMOUNTS:
            raise InputError(f"{where}: {thing} of {model} is {value:g}", mend="Amounts are finite and never negative.")
        raise InputError(
            f"{where}: the {thing.removesuffix('s')} {value:g} of {model} is outside 0..1",
            mend="Scale it to 0..1, leave it empty where nothing is known, and leave out columns that are no model.",
        )
    return value
