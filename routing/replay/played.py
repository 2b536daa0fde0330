"""What came of choosing models for every row of an outcome table."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coreagent.routing.outcomes import Outcomes
from coreagent.routing.replay.curves import Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Played:
    """One way of choosing, over n rows and m models.

    ``scores``, ``usd`` and ``seconds`` (n,) are as recorded, NaN where the table has a gap at the choice. ``calls``
    (n, m) counts calls of each model: several in a row where a cascade asked several, parts of one where the choice is
    random. ``refused`` (n,): no model was chosen; the row scores 0 and costs nothing. ``predicted`` and
    ``predicted_usd`` (n, m) are what the policy knew, NaN for models that were out. ``answered_by`` (n,) is the column
    whose answer counts, -1 where none or no single one. ``remarks`` say what else must be known.
    """

    name: str
    scores: Floats
    usd: Floats
    seconds: Floats
    calls: Floats
    answered_by: NDArray[np.int64]
    refused: NDArray[np.bool_]
    predicted: Floats | None = None
    predicted_usd: Floats | None = None
    remarks: tuple[str, ...] = ()

    @classmethod
    def choosing(
        cls, name: str, outcomes: Outcomes, columns: NDArray[np.integer], remarks: tuple[str, ...] = ()
    ) -> "Played":
        """The column chosen for each row (n,), -1 where none was."""
        n, m = len(outcomes), len(outcomes.models)
        rows: NDArray[np.int64] = np.arange(n, dtype=np.int64)
        refused = columns < 0
        calls = np.zeros((n, m))
        calls[rows[~refused], columns[~refused]] = 1.0

        def of(table: NDArray[np.float32]) -> Floats:
            return np.where(refused, 0.0, table[rows, columns].astype(np.float64))

        return cls(
            name=name,
            scores=of(outcomes.scores),
            usd=of(outcomes.usd),
            seconds=of(outcomes.seconds),
            calls=calls,
            answered_by=columns.astype(np.int64),
            refused=refused,
            remarks=remarks,
        )

    @property
    def gaps(self) -> int:
        """Rows where what was chosen has no recorded score."""
        return int(np.isnan(self.scores).sum())

    def shares(self) -> Floats:
        """Calls of each model as a share of all calls, (m,); zeros where nothing was called."""
        counts = self.calls.sum(axis=0)
        total = counts.sum()
        shares: Floats = counts / total if total else counts
        return shares


def joined(parts: list[tuple[NDArray[np.int64], Played]], n: int) -> Played:
    """One of parts over different rows, each with the numbers of its rows among n; every row must be in one of them.

    Raises:
        ValueError: a row is in none or in several.
    """
    order = np.concatenate([rows for rows, _ in parts])
    if len(order) != n or len(np.unique(order)) != n:
        raise ValueError("the parts do not hold each row once")
    back = np.argsort(order)
    first = parts[0][1]
    plays = [played for _, played in parts]

    def whole(name: str) -> Any:
        tables = [getattr(played, name) for played in plays]
        return None if any(table is None for table in tables) else np.concatenate(tables)[back]

    by_row: dict[str, Any] = {name: whole(name) for name in _BY_ROW}
    return replace(
        first,
        **by_row,
        remarks=tuple(dict.fromkeys(remark for played in plays for remark in played.remarks)),
    )


_BY_ROW = ("scores", "usd", "seconds", "calls", "answered_by", "refused", "predicted", "predicted_usd")
