"""Global and local instruction scores."""

import numpy as np
import pytest

from coreagent.errors import InputError
from coreagent.routing.learning.glider import alpha_of, familiarity, instruction_logits, softmax, top_k, top_p

LOCAL, COSINES = [0.2, 0.1, -0.1], [0.80, 0.75, 0.90]


def test_a_small_alpha_gives_the_published_halves() -> None:
    shares = top_k(instruction_logits(LOCAL, COSINES, alpha=3))
    assert [share.place for share in shares] == [0, 2]
    assert [share.share for share in shares] == pytest.approx([0.5, 0.5])


def test_a_large_alpha_gives_the_published_shares() -> None:
    shares = top_k(instruction_logits(LOCAL, COSINES, alpha=100))
    assert [share.place for share in shares] == [2, 0]
    assert [share.share for share in shares] == pytest.approx([0.999939, 0.000061], abs=5e-7)


def test_without_the_instruction_the_local_score_decides() -> None:
    assert top_k(instruction_logits(LOCAL, COSINES, alpha=0), 1)[0].place == 0


def test_more_experts_than_there_are_gives_all() -> None:
    shares = top_k(instruction_logits(LOCAL, COSINES, alpha=3), 9)
    assert [share.place for share in shares] == [0, 2, 1]
    assert sum(share.share for share in shares) == pytest.approx(1)


def test_top_p_takes_the_fewest_that_reach_the_mass() -> None:
    logits = np.log(np.array([0.5, 0.3, 0.2]))
    assert [share.place for share in top_p(logits, 0.5)] == [0]
    assert [share.place for share in top_p(logits, 0.51)] == [0, 1]
    assert [share.share for share in top_p(logits, 0.8)] == pytest.approx([0.625, 0.375])
    assert len(top_p(logits, 1.0)) == 3


def test_huge_logits_do_not_overflow() -> None:
    assert softmax(np.array([1e6, 0.0, -1e6])).tolist() == [1.0, 0.0, 0.0]


def test_alpha_grows_from_unknown_to_known() -> None:
    assert [alpha_of(sure) for sure in (0.0, 0.5, 1.0)] == pytest.approx([3, 300**0.5, 100])
    assert alpha_of(-4) == alpha_of(float("nan")) == 3
    assert alpha_of(7) == pytest.approx(100)
    with pytest.raises(InputError):
        alpha_of(0.5, unknown=0)


def test_familiarity_is_the_share_of_known_prompts_that_are_no_nearer() -> None:
    known = np.array([0.2, 0.4, 0.6, np.nan, 0.8])
    assert [familiarity(cosine, known) for cosine in (0.1, 0.4, 0.9, float("nan"))] == [0, 0.5, 1, 0]
    assert familiarity(0.9, np.zeros(0)) == 0


@pytest.mark.parametrize(
    ("local", "cosines", "alpha"),
    [
        ([], [], 1.0),
        ([1.0], [1.0, 2.0], 1.0),
        ([1.0], [float("nan")], 1.0),
        ([1.0], [1.0], -1.0),
        ([1.0], [1.0], float("nan")),
    ],
)
def test_scores_that_say_nothing_are_refused(local: list[float], cosines: list[float], alpha: float) -> None:
    with pytest.raises(InputError):
        instruction_logits(local, cosines, alpha=alpha)


@pytest.mark.parametrize("mass", [0.0, -1.0, 1.1, float("nan")])
def test_a_mass_that_can_not_be_reached_is_refused(mass: float) -> None:
    with pytest.raises(InputError):
        top_p(np.zeros(2), mass)
    with pytest.raises(InputError):
        top_k(np.zeros(2), 0)
