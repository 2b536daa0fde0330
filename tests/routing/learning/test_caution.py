"""A cautious router is itself where questions are like those it knows, and asks the best model where they are not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from coreagent.errors import InputError
from coreagent.routing.learning.fitting import fit_router
from coreagent.routing.learning.trained import TrainedRouter
from coreagent.routing.outcomes import Outcomes
from coreagent.routing.request import RoutingRequest
from coreagent.testing.hash_embedder import HashEmbedder

STRANGE = "zebra quartz violin"


def table() -> Outcomes:
    """Counting, which ``small`` does well, and names, which only ``large`` knows, as two domains."""
    counting = [f"how many cells are in cluster number {number}" for number in range(40)]
    naming = [f"who wrote the radio standard of release {number} and when" for number in range(60)]
    scores = [[0.95, 0.9]] * 40 + [[0.05, 0.9]] * 60
    return Outcomes.of(
        [*counting, *naming],
        ["small", "large"],
        (np.array(scores) > np.random.default_rng(0).random((100, 2))).astype(float),
        domains=["count"] * 40 + ["name"] * 60,
    )


def asked(text: str) -> RoutingRequest:
    return RoutingRequest(subtask="s", role="caller", text=text)


def qualities(router: TrainedRouter, text: str) -> dict[str, float]:
    return {name: entry.quality for name, entry in router.predict(asked(text), ("small", "large")).items()}


def test_where_a_question_is_recorded_nothing_changes() -> None:
    plain, cautious = (fit_router(table(), HashEmbedder(), cautious=asks).router for asks in (False, True))
    for text in table().prompts[::7]:
        assert qualities(cautious, text) == qualities(plain, text)


def test_where_it_is_strange_the_best_model_of_all_is_best() -> None:
    cautious = fit_router(table(), HashEmbedder(), cautious=True).router
    caution = cautious.caution
    assert caution is not None
    predicted = qualities(cautious, STRANGE)
    expected = caution.difficulty.scores([STRANGE], ("small", "large"))[0].tolist()
    assert [predicted["small"], predicted["large"]] == pytest.approx(expected)
    assert predicted["large"] > predicted["small"]


def test_it_survives_a_file(tmp_path: Path) -> None:
    cautious = fit_router(table(), HashEmbedder(), cautious=True).router
    cautious.save(tmp_path / "router.npz")
    again = TrainedRouter.load(tmp_path / "router.npz", HashEmbedder())
    for text in (STRANGE, table().prompts[3], "how many violins are in cluster number 9"):
        # Embeddings are kept in half precision.
        assert qualities(again, text) == pytest.approx(qualities(cautious, text), abs=1e-3)


def test_tables_and_single_calls_agree() -> None:
    cautious = fit_router(table(), HashEmbedder(), cautious=True).router
    texts = [STRANGE, table().prompts[3], "how many violins are in cluster number 9"]
    whole = cautious.scores(Outcomes.of(texts, ["small", "large"], np.zeros((3, 2))))
    single = [list(qualities(cautious, text).values()) for text in texts]
    assert whole.tolist() == pytest.approx(np.array(single))


def test_its_worth_on_left_out_prompts_counts_the_caution() -> None:
    plain, cautious = (fit_router(table(), HashEmbedder(), cautious=asks).held_out for asks in (False, True))
    assert cautious.shape == plain.shape
    assert not np.array_equal(cautious, plain)
    assert ((cautious >= 0) & (cautious <= 1)).all()


def test_one_domain_says_nothing_of_strangers() -> None:
    with pytest.raises(InputError, match="two domains"):
        fit_router(replace(table(), domains=("one",) * 100), HashEmbedder(), cautious=True)
