"""Outcomes gathered cell by cell, in about 70 bytes a cell."""

import math
from array import array
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.evals.routing.prices import TokenEstimate, estimated, priced
from coreagent.models.card import Price
from coreagent.routing.outcomes import Floats, Outcomes

MEASURES = ("scores", "usd", "input_tokens", "output_tokens", "seconds", "verdicts")
_GAP = math.nan
_MEND = "Name a table with a line for each prompt and model: prompt, model, score."


class Cells:
    """What is known of models at prompts, in the order it came. Several cells of one row and model are averaged."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, str], int] = {}
        self._domains: list[str] = []
        self._retrieval: list[float] = []
        self._models: dict[str, int] = {}
        self._row_of, self._column_of = array("q"), array("q")
        self._values = {name: array("d") for name in MEASURES}

    def add(
        self,
        prompt: str,
        model: str,
        values: Mapping[str, float],
        *,
        role: str = "",
        domain: str = "",
        row_id: str = "",
        retrieval: float = math.nan,
    ) -> None:
        """One cell; ``values`` are of :data:`MEASURES`, NaN or left out where unknown.

        Rows are told apart by id, prompt and role; domain and ``retrieval`` (0..1) of a row are the first known.
        """
        row = self._rows.setdefault((row_id, prompt, role), len(self._rows))
        if row == len(self._domains):
            self._domains.append(domain)
            self._retrieval.append(retrieval)
        if domain and not self._domains[row]:
            self._domains[row] = domain
        if math.isnan(self._retrieval[row]):
            self._retrieval[row] = retrieval
        self._row_of.append(row)
        self._column_of.append(self._models.setdefault(model, len(self._models)))
        for name, column in self._values.items():
            column.append(values.get(name, _GAP))

    def outcomes(
        self,
        *,
        data_hash: str = "",
        remarks: tuple[str, ...] = (),
        prices: Mapping[str, Price] | None = None,
        estimate: TokenEstimate | None = None,
    ) -> Outcomes:
        """The table, with dollars from ``prices`` where none were recorded.

        Raises:
            InputError: there is no cell with a score, or a score or verdict is outside 0..1.
        """
        if not self._rows or all(math.isnan(score) for score in self._values["scores"]):
            raise InputError("the table holds no score", mend=_MEND)
        models = tuple(self._models)
        tables, repeated = self._tables()
        prompts = [prompt for _, prompt, _ in self._rows]
        told = list(remarks)
        if repeated:
            told.append(f"{repeated:,} further lines of the same prompt, role and model were averaged")
        tokens = tables["input_tokens"], tables["output_tokens"]
        if estimate is not None and any(np.isnan(table).any() for table in tokens):
            lengths = np.array([len(prompt) for prompt in prompts], dtype=np.float32)
            tokens = estimated(tokens, lengths, models, estimate)
            told.append(str(estimate))
        if prices is not None:
            tables["usd"], unpriced = priced(tables["usd"], tokens, models, prices)
            told += unpriced
        told += _spread(tables["scores"])
        return Outcomes.of(
            prompts,
            models,
            tables["scores"],
            usd=tables["usd"],
            input_tokens=tokens[0],
            output_tokens=tokens[1],
            seconds=tables["seconds"],
            verdicts=tables["verdicts"],
            roles=[role for *_, role in self._rows],
            domains=self._domains,
            ids=[row_id or str(place) for place, (row_id, _, _) in enumerate(self._rows, 1)],
            data_hash=data_hash,
            remarks=told,
            retrieval=self._confidences(),
        )

    def _confidences(self) -> tuple[float | None, ...]:
        if all(math.isnan(value) for value in self._retrieval):
            return ()
        return tuple(None if math.isnan(value) else value for value in self._retrieval)

    def _tables(self) -> tuple[dict[str, Floats], int]:
        n, m = len(self._rows), len(self._models)
        places = np.frombuffer(self._row_of, dtype=np.int64) * m + np.frombuffer(self._column_of, dtype=np.int64)
        tables: dict[str, Floats] = {}
        for name, values in self._values.items():
            told = np.frombuffer(values, dtype=np.float64)
            known = ~np.isnan(told)
            counts = np.bincount(places[known], minlength=n * m)
            sums = np.bincount(places[known], weights=told[known], minlength=n * m)
            table: NDArray[np.float64] = np.full(n * m, math.nan)
            np.divide(sums, counts, out=table, where=counts > 0)
            tables[name] = table.reshape(n, m).astype(np.float32)
        return tables, len(places) - len(np.unique(places))


def _spread(scores: Floats) -> list[str]:
    known = scores[~np.isnan(scores)]
    if known.min() == known.max():
        return [f"every known score is {known[0]:g}: there is nothing to learn, and no router differs from another"]
    return []
