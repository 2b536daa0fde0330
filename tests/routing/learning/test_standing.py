"""What a router was worth is kept, and grants wishes later."""

from pathlib import Path

import numpy as np
import pytest

from coreagent.artefacts import Artefact, Head, load_artefact, save_artefact
from coreagent.errors import InputError
from coreagent.routing.learning.standing import DEFAULT_WISH, MOST_PROMPTS, Standing, kept_rows
from coreagent.routing.outcomes import Outcomes

NAN = float("nan")
HEAD = Head(kind="t", version=1, data_hash="", created="2026-01-01", package="0")


def outcomes(scores: np.ndarray, *, roles: tuple[str, ...] = (), usd: bool = True) -> Outcomes:
    n, m = scores.shape
    price = np.tile([0.001 * 10.0**column for column in range(m)], (n, 1)) if usd else None
    names = [f"m{column}" for column in range(m)]
    return Outcomes.of([f"question {row}" for row in range(n)], names, scores, usd=price, roles=roles)


def half_easy(n: int = 60) -> tuple[Outcomes, np.ndarray]:
    """The cheap model does every second question, the dear one all; and predictions that know it."""
    scores = np.ones((n, 2), dtype=np.float32)
    scores[1::2, 0] = 0
    return outcomes(scores), np.where(scores > 0, 0.9, 0.1).astype(np.float32)


def test_a_wish_is_granted_by_the_policy_that_stands_there() -> None:
    table, predicted = half_easy()
    standing = Standing.of(predicted, table)
    assert standing.default_wish() == DEFAULT_WISH
    point = standing.point(DEFAULT_WISH)
    assert point.quality.value == 1.0
    assert point.usd_per_call.value == pytest.approx(0.0055)
    assert standing.policy("each at least 0.5").name == "cheapest_above(quality=0.5)"
    assert standing.policy("at most 50 points below the best model").name.startswith("trade(usd=")


def test_what_it_aims_at_is_settled_once_and_read_back(tmp_path: Path) -> None:
    table, predicted = half_easy()
    standing = Standing.of(predicted, table).aiming_at(DEFAULT_WISH)
    assert standing.policy(DEFAULT_WISH).name == standing.settled
    save_artefact(tmp_path / "s.npz", Artefact(HEAD, standing.arrays(), frozenset()))
    back = Standing.from_arrays(load_artefact(tmp_path / "s.npz", kind="t", version=1).arrays)
    assert (back.wish, back.settled, back.role) == (DEFAULT_WISH, standing.settled, "")
    assert back.policy(DEFAULT_WISH).name == standing.settled
    assert back.point(DEFAULT_WISH).words == standing.point(DEFAULT_WISH).words


def test_a_local_wish_waits_for_who_knows_what_is_local() -> None:
    table, predicted = half_easy()
    standing = Standing.of(predicted, table).aiming_at("80 % local")
    assert (standing.wish, standing.settled) == ("80 % local", "")
    assert standing.policy("80 % local", np.array([True, False])).name.startswith("trade(local=")
    assert standing.policy("80 % local", np.array([True, True])).name == "best()"
    with pytest.raises(InputError, match="no model is local"):
        standing.policy("80 % local")


def test_without_costs_there_is_no_usual_wish() -> None:
    table, predicted = half_easy()
    standing = Standing.of(predicted, outcomes(table.scores, usd=False))
    assert standing.default_wish() == ""
    with pytest.raises(InputError, match="needs costs"):
        standing.aiming_at(DEFAULT_WISH)


def test_roles_with_models_of_their_own_are_judged_by_the_larger() -> None:
    scores = np.full((100, 4), NAN, dtype=np.float32)
    scores[:40, :2] = 1
    scores[40:, 2:] = 1
    scores[40::2, 2] = 0
    table = outcomes(scores, roles=("planner",) * 40 + ("summarizer",) * 60)
    standing = Standing.of(np.nan_to_num(scores), table)
    assert (standing.role, len(standing.scores)) == ("summarizer", 60)
    assert standing.compared.tolist() == [False, False, True, True]
    local = np.array([True, True, True, False])
    assert standing.point("50 % local", local).local_share.value == pytest.approx(0.5, abs=0.05)


def test_a_table_without_comparable_rows_stands_for_nothing() -> None:
    scores = np.full((80, 2), NAN, dtype=np.float32)
    scores[:40, 0] = scores[40:, 1] = 1
    standing = Standing.of(np.nan_to_num(scores), outcomes(scores))
    assert standing.default_wish() == ""
    with pytest.raises(InputError, match="0 complete rows"):
        standing.point(DEFAULT_WISH)


def test_held_out_predictions_are_found_by_prompt() -> None:
    table, predicted = half_easy()
    standing = Standing.of(predicted, table)
    found = standing.held_out(["question 7", "a new one", "Question  2"])
    assert found[0].tolist() == predicted[7].tolist()
    assert np.isnan(found[1]).all()
    assert found[2].tolist() == predicted[2].tolist()
    assert standing.held_out([]).shape == (0, 2)


def test_of_very_many_prompts_some_are_kept() -> None:
    scores = np.zeros((MOST_PROMPTS + 50, 1), dtype=np.float32)
    rows, role = kept_rows(outcomes(scores))
    assert (int(rows.sum()), role) == (MOST_PROMPTS, "")
