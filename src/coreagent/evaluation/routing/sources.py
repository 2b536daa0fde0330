"""Recorded outcomes from wherever they are: tables and folders of evaluation runs, put together as one table."""

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from coreagent.errors import InputError
from coreagent.evals.routing.cells import MEASURES, Cells
from coreagent.evals.routing.from_runs import outcomes_of_runs
from coreagent.evals.routing.prices import TokenEstimate, prices_of, read_prices
from coreagent.evals.routing.tables import read_outcome_table
from coreagent.evals.run_folder import RunFolder
from coreagent.fingerprints import fingerprint
from coreagent.models.card import ModelCard
from coreagent.models.registry import cards_from_settings
from coreagent.routing.outcomes import Outcomes
from coreagent.settings import Settings


def read_outcomes_of(
    sources: Sequence[Path | str],
    *,
    settings: Settings | None = None,
    prices: Path | None = None,
    role: str = "",
    domain: str = "",
) -> Outcomes:
    """One table of all sources: each an outcome table (file or folder) or the folder of an evaluation run.

    Rows of the same prompt and role become one, so that what a model was scored on later stands beside what was known
    before; a score that several sources state is averaged. ``prices`` is a price list, in dollars per million tokens,
    for tables without dollars, and has tokens estimated where there are none; without it the prices of the settings
    count where tokens are known. ``role`` and ``domain`` keep the rows of one alone.

    Raises:
        InputError: no source, one that is not there or holds no outcome, or no row of that role and domain.
        UnknownNameError: a run of a suite that is not known any more.
    """
    if not sources:
        raise InputError("no outcomes are named", mend="Name a table or the folder of an evaluation run.")
    known = read_prices(prices) if prices else prices_of(cards_of(settings)) if settings else None
    estimate = TokenEstimate() if prices else None
    places = [Path(source).expanduser() for source in sources]
    runs = run_folders(places)
    tables = [read_outcome_table(place, prices=known, estimate=estimate) for place in places if place not in runs]
    return narrowed(joined([*([outcomes_of_runs(runs)] if runs else []), *tables]), role=role, domain=domain)


def run_folders(sources: Sequence[Path | str]) -> list[Path]:
    """Those of the sources that are folders of evaluation runs."""
    places = [Path(source).expanduser() for source in sources]
    return [place for place in places if RunFolder(place).manifest_file.exists()]


def cards_of(settings: Settings | None) -> dict[str, ModelCard]:
    """The models of the settings, the built-in ones among them; none without settings."""
    return cards_from_settings(settings) if settings is not None else {}


def local_among(models: Sequence[str], cards: Mapping[str, ModelCard], named: Sequence[str] = ()) -> frozenset[str]:
    """Those that are not in the cloud: as the settings say, and those that were named.

    Raises:
        InputError: a model that was named is not in the table.
    """
    for name in named:
        if name not in models:
            raise InputError(
                f"no outcome is of {name!r}, which is said to be local", mend=f"Known: {', '.join(models)}."
            )
    return frozenset(name for name in models if name in named or (name in cards and cards[name].placement != "cloud"))


def joined(tables: Sequence[Outcomes]) -> Outcomes:
    """Rows of the same prompt and role become one, the first of one table with the first of the next.

    Prompts that are one group in any of the tables are one group in all.
    """
    if len(tables) == 1:
        return tables[0]
    cells, groups = Cells(), _Groups()
    for number, table in enumerate(tables):
        _add(cells, groups, number, table)
    digest = hashlib.sha256("\n".join(table.data_hash for table in tables).encode()).hexdigest()
    remarks = tuple(dict.fromkeys(remark for table in tables for remark in table.remarks))
    found = cells.outcomes(data_hash=digest, remarks=remarks)
    return replace(
        found,
        ids=tuple(str(row) for row in range(1, len(found) + 1)),
        groups=groups.numbers([fingerprint(prompt) for prompt in found.prompts]),
    )


def narrowed(outcomes: Outcomes, *, role: str = "", domain: str = "") -> Outcomes:
    """The rows of this role and this domain; either empty: of all.

    Raises:
        InputError: there is none.
    """
    for what, wanted, stated in (("role", role, outcomes.roles), ("domain", domain, outcomes.domains)):
        if wanted and wanted not in stated:
            there = ", ".join(sorted({entry for entry in stated if entry})) or "none is stated"
            raise InputError(f"no row is of the {what} {wanted!r}", mend=f"Stated in the tables: {there}.")
    fits = [
        role in ("", of_role) and domain in ("", of_domain)
        for of_role, of_domain in zip(outcomes.roles, outcomes.domains, strict=True)
    ]
    if not any(fits):
        raise InputError(f"no row is of the role {role!r} and the domain {domain!r}", mend="Leave one of them out.")
    return outcomes if all(fits) else outcomes.take(np.array(fits))


def _add(cells: Cells, groups: "_Groups", number: int, table: Outcomes) -> None:
    measured = {name: getattr(table, name).tolist() for name in MEASURES}
    seen: Counter[tuple[str, str]] = Counter()
    for row, (prompt, role) in enumerate(zip(table.prompts, table.roles, strict=True)):
        seen[prompt, role] += 1
        groups.unite(fingerprint(prompt), f"{number} {table.groups[row]}")
        confidence = table.retrieval[row] if table.retrieval else None
        for column, model in enumerate(table.models):
            values = {name: rows[row][column] for name, rows in measured.items()}
            if all(math.isnan(value) for value in values.values()):
                continue
            cells.add(
                prompt,
                model,
                values,
                role=role,
                domain=table.domains[row],
                row_id=str(seen[prompt, role]),
                retrieval=math.nan if confidence is None else confidence,
            )


@dataclass(frozen=True, slots=True)
class _Groups:
    """Names that belong together: each leads to another of its group, the last one to itself."""

    parents: dict[str, str] = field(default_factory=dict[str, str])

    def unite(self, one: str, other: str) -> None:
        self.parents[self.first(one)] = self.first(other)

    def first(self, name: str) -> str:
        path = [name]
        while (parent := self.parents.setdefault(path[-1], path[-1])) != path[-1]:
            path.append(parent)
        self.parents.update(dict.fromkeys(path, path[-1]))
        return path[-1]

    def numbers(self, names: Sequence[str]) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        """A number for the group of each name."""
        known: dict[str, int] = {}
        return np.array([known.setdefault(self.first(name), len(known)) for name in names], dtype=np.int64)
