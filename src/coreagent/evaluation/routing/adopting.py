"""A model that a router does not know joins it, from a few dozen scored questions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import InputError, UnknownNameError
from coreagent.evaluation.routing.files import free_place, load_router
from coreagent.evaluation.routing.sources import read_outcomes_of
from coreagent.fingerprints import fingerprint
from coreagent.models.embedding import Embedder
from coreagent.routing.learning.adoption import Newcomer, adopt
from coreagent.routing.learning.trained import TrainedRouter
from coreagent.routing.outcomes import Floats, Outcomes
from coreagent.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """The router with the new model, where it was saved, and what is known of the model.

    ``held_out`` questions were ones that the router was fitted on: what was predicted of them without them counts.
    ``left_out`` were so too, and nobody kept such a prediction.
    """

    path: Path
    router: TrainedRouter
    newcomer: Newcomer
    held_out: int
    left_out: int


def add_model(
    model: str,
    sources: Sequence[Path | str],
    *,
    router: Path | str,
    out: Path | str | None = None,
    force: bool = False,
    settings: Settings | None = None,
    embedder: Embedder | None = None,
) -> Adoption:
    """Add one model to a trained router, from its scores in these outcomes; what is predicted of others stays the same.

    The router's operating points stay those of the models it was trained with, for of the new one there are no
    outcomes beside theirs; a call is then decided by what is predicted of all. ``out`` None writes the router's own
    file anew. A model that was added before is added afresh.

    Raises:
        UnknownNameError: the outcomes have no such model.
        InputError: the router was trained with it, or its scores are fewer than ten or all one.
        UsageError: there is a file at ``out``, and ``force`` is not said.
        SettingsError: the router can not be loaded.
        OSError: it can not be written.
    """
    path = Path(out or router).expanduser()
    trained = load_router(router, embedder)
    free_place(path, force=force or out is None)
    table = read_outcomes_of(sources, settings=settings)
    if model not in table.models:
        raise UnknownNameError("model", model, table.models)
    if model in trained.models:
        raise InputError(f"the router was trained with {model}", mend="Add another model, or train the router again.")
    column = table.models.index(model)
    table = table.take(table.known[:, column])
    known, held_out = _predictions(trained, table)
    usable: NDArray[np.bool_] = np.all(~np.isnan(known), axis=1)
    newcomer = adopt(
        known[usable],
        table.scores[usable, column],
        table.groups[usable],
        population=trained.standing.predicted if trained.standing is not None else None,
    )
    scored = table.take(usable)
    grown = replace(trained.with_newcomer(model, newcomer), fitted_on=trained.fitted_on | scored.fingerprints())
    grown.save(path)
    return Adoption(path=path, router=grown, newcomer=newcomer, held_out=held_out, left_out=int((~usable).sum()))


def _predictions(router: TrainedRouter, table: Outcomes) -> tuple[Floats, int]:
    """Predictions of the router's models by what was not fitted on the row, NaN where there are none; how many kept."""
    seen = np.array([fingerprint(prompt) in router.fitted_on for prompt in table.prompts], dtype=np.bool_)
    out = np.full((len(table), len(router.models)), np.nan, dtype=np.float32)
    if not seen.all():
        out[~seen] = router.scores(table.take(~seen))
    if seen.any() and router.standing is not None:
        out[seen] = router.standing.held_out([table.prompts[row] for row in np.flatnonzero(seen).tolist()])
    return out, int((~np.isnan(out[seen]).any(axis=1)).sum())
