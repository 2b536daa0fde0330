"""Recorded outcomes: how well each model did at each prompt, what it cost and how long it took. May have gaps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError
from coreagent.fingerprints import fingerprint

Floats = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcomes:
    """A table of n prompts and m models; every array has shape (n, m), NaN where nothing is known.

    ``scores`` are in 0..1; ``usd`` is the price of the call, ``seconds`` its wall time, ``verdicts`` a verifier's score
    of the answer in 0..1. ``roles`` and ``domains`` have an entry for each prompt, empty where none applies.
    ``groups`` numbers the distinct prompt texts: rows of one group must never be parted between fitting and
    measuring. ``data_hash`` is the SHA-256 of what was read; ``remarks`` say what was dropped and why.
    """

    prompts: tuple[str, ...]
    models: tuple[str, ...]
    scores: Floats
    usd: Floats
    input_tokens: Floats
    output_tokens: Floats
    seconds: Floats
    verdicts: Floats
    roles: tuple[str, ...]
    domains: tuple[str, ...]
    ids: tuple[str, ...]
    groups: NDArray[np.int64]
    data_hash: str = ""
    remarks: tuple[str, ...] = ()
    retrieval: tuple[float | None, ...] = ()
    """For each prompt the confidence in 0..1 that the evidence at hand was relevant, None: unknown; empty: of none."""

    @classmethod
    def of(
        cls,
        prompts: Sequence[str],
        models: Sequence[str],
        scores: NDArray[np.floating] | Sequence[Sequence[float]],
        *,
        usd: NDArray[np.floating] | None = None,
        input_tokens: NDArray[np.floating] | None = None,
        output_tokens: NDArray[np.floating] | None = None,
        seconds: NDArray[np.floating] | None = None,
        verdicts: NDArray[np.floating] | None = None,
        roles: Sequence[str] = (),
        domains: Sequence[str] = (),
        ids: Sequence[str] = (),
        data_hash: str = "",
        remarks: Sequence[str] = (),
        retrieval: Sequence[float | None] = (),
    ) -> Self:
        """A checked table; whatever is left out is unknown.

        Raises:
            InputError: no rows or models, a name that stands twice, shapes that do not fit, a score outside 0..1.
        """
        n, m = len(prompts), len(models)
        if not n or not m:
            raise InputError("the outcome table is empty", mend="Give at least one prompt and one model.")
        twice = sorted({name for name in models if list(models).count(name) > 1})
        if twice:
            raise InputError(f"models stand twice in the outcome table: {', '.join(twice)}", mend="Rename one.")
        table = _shaped(scores, n, m, "scores")
        wrong = (table < 0) | (table > 1) | np.isinf(table)
        if wrong.any():
            row, column = np.argwhere(wrong)[0].tolist()
            raise InputError(
                f"score {table[row, column]:g} of {models[column]} in row {row + 1} is outside 0..1",
                mend="Scale scores to 0..1; leave a cell empty where nothing is known.",
            )
        return cls(
            prompts=tuple(prompts),
            models=tuple(models),
            scores=table,
            usd=_shaped(usd, n, m, "usd"),
            input_tokens=_shaped(input_tokens, n, m, "input_tokens"),
            output_tokens=_shaped(output_tokens, n, m, "output_tokens"),
            seconds=_shaped(seconds, n, m, "seconds"),
            verdicts=_shaped(verdicts, n, m, "verdicts"),
            roles=tuple(roles) or ("",) * n,
            domains=tuple(domains) or ("",) * n,
            ids=tuple(ids) or tuple(str(row + 1) for row in range(n)),
            groups=_groups(prompts),
            data_hash=data_hash,
            remarks=tuple(remarks),
            retrieval=tuple(retrieval),
        )

    def __len__(self) -> int:
        """Rows."""
        return len(self.prompts)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Where a score is known, (n, m)."""
        return ~np.isnan(self.scores)

    @property
    def complete(self) -> NDArray[np.bool_]:
        """Rows with a score of every model, (n,)."""
        whole: NDArray[np.bool_] = np.all(self.known, axis=1)
        return whole

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> Self:
        """These rows only, in this order; groups keep their numbers."""
        places: list[int] = np.arange(len(self))[rows].tolist()
        return replace(
            self,
            prompts=tuple(self.prompts[place] for place in places),
            roles=tuple(self.roles[place] for place in places),
            domains=tuple(self.domains[place] for place in places),
            ids=tuple(self.ids[place] for place in places),
            retrieval=tuple(self.retrieval[place] for place in places) if self.retrieval else (),
            groups=self.groups[places],
            **{name: getattr(self, name)[places] for name in _TABLES},
        )

    def only(self, models: Sequence[str]) -> Self:
        """These models only, in this order.

        Raises:
            InputError: a model that the table does not have.
        """
        missing = [name for name in models if name not in self.models]
        if missing:
            raise InputError(f"the outcome table has no {missing[0]}", mend=f"It has {', '.join(self.models)}.")
        columns = [self.models.index(name) for name in models]
        return replace(self, models=tuple(models), **{name: getattr(self, name)[:, columns] for name in _TABLES})

    def fingerprints(self) -> frozenset[str]:
        """Of all prompts, so that an evaluation can refuse rows that something was fitted on."""
        return frozenset(fingerprint(prompt) for prompt in self.prompts)


_TABLES = ("scores", "usd", "input_tokens", "output_tokens", "seconds", "verdicts")


def _shaped(values: object, n: int, m: int, name: str) -> Floats:
    if values is None:
        return np.full((n, m), np.nan, dtype=np.float32)
    table = np.asarray(values, dtype=np.float32)
    if table.shape != (n, m):
        raise InputError(f"{name} have shape {table.shape}, not ({n}, {m}): rows by models")
    return table


def _groups(prompts: Sequence[str]) -> NDArray[np.int64]:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(fingerprint(prompt), len(numbers)) for prompt in prompts], dtype=np.int64)
