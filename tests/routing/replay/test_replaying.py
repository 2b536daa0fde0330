"""Policies through the router over recorded outcomes."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from tests.routing.replay.tables import GAP, Told, table

from coreagent.errors import InputError, UsageError
from coreagent.fingerprints import fingerprint
from coreagent.models.card import UNKNOWN_PRICE, ModelCard, Price
from coreagent.routing.outcomes import Outcomes
from coreagent.routing.policies import best, cheapest_above, within
from coreagent.routing.policies.cascade import cascade
from coreagent.routing.policies.choosing import Rule, rules
from coreagent.routing.policy import Choice, Chooser, Field, Policy
from coreagent.routing.replay.expected import cards_of
from coreagent.routing.replay.played import Played, joined
from coreagent.routing.replay.replaying import Contestant, Escalation, cross_validated, replay
from coreagent.routing.replay.splits import apart, folds

MORE = {"small": 0.2, "large": 0.9}


def played(outcomes: Outcomes, policy: Policy, known: Outcomes | None = None, **more: object) -> Played:
    return replay(outcomes, Contestant(name="p", policy=policy, **more), known=known)  # type: ignore[arg-type]


def test_what_is_chosen_scores_and_costs_what_was_recorded() -> None:
    outcomes = table([[1, 0], [0, 1], [0.5, 1]], seconds=np.array([[1, 2], [3, 4], [5, 6]]))
    predictor = Told({"p0": {"small": 0.9, "large": 0.95}, "p1x": MORE, "p2xx": MORE})
    found = played(outcomes, cheapest_above(quality=0.8), predictor=predictor)
    assert found.answered_by.tolist() == [0, 1, 1]
    assert found.scores.tolist() == [1, 1, 1]
    assert found.usd.tolist() == pytest.approx([0.001, 0.01, 0.01])
    assert found.seconds.tolist() == [1, 4, 6]
    assert found.shares().tolist() == pytest.approx([1 / 3, 2 / 3])
    assert found.predicted is not None and found.predicted.tolist() == [[0.9, 0.95], [0.2, 0.9], [0.2, 0.9]]
    assert sorted(predictor.asked) == ["p0", "p1x", "p2xx"]


@dataclass
class Spy:
    """Notes what a policy is shown."""

    seen: dict[str, dict[str, tuple[float, float | None, float | None]]]
    confidence: dict[str, float | None] = field(default_factory=dict)

    def policy(self) -> Policy:
        def decide(there: Field, rest: Chooser) -> Choice | None:
            self.confidence[there.request.text] = there.request.retrieval
            self.seen[there.request.text] = {
                entry.model: (round(entry.cost_usd, 9), entry.quality, entry.latency_s) for entry in there.candidates
            }
            return rest(there)

        return Policy("spy", decide)


def test_a_policy_knows_of_a_row_what_other_rows_tell() -> None:
    usd = np.array([[1.0, 9.0], [2.0, 8.0]])
    outcomes = table([[1, 0], [0, 1]], usd=usd, seconds=np.array([[1.0, 2.0], [3.0, 4.0]]))
    spy = Spy({})
    found = played(outcomes, spy.policy() | best())
    assert spy.seen == {
        "p0": {"small": (2.0, 0.0, 3.0), "large": (8.0, 1.0, 4.0)},
        "p1x": {"small": (1.0, 1.0, 1.0), "large": (9.0, 0.0, 2.0)},
    }
    # Paid is what was recorded.
    assert found.usd.tolist() == [9, 2]
    assert spy.confidence == {"p0": None, "p1x": None}
    spy = Spy({})
    played(table([[1, 0], [0, 1]], retrieval=[0.5, None]), spy.policy() | best())
    assert spy.confidence == {"p0": 0.5, "p1x": None}
    spy = Spy({})
    played(outcomes, spy.policy() | best(), known=outcomes)
    assert spy.seen["p0"] == spy.seen["p1x"] == {"small": (1.5, 0.5, 2.0), "large": (8.5, 0.5, 3.0)}


def test_scores_of_a_domain_count_from_twenty_on() -> None:
    known = table(
        [[1, 0]] * 20 + [[0, 1]] * 19, domains=["ran"] * 20 + ["core"] * 19, prompts=list(map(str, range(39)))
    )
    cards = cards_of(known)
    assert cards["small"].scores == {"ran": 1.0}
    outcomes = table([[1, 0], [0, 1]], domains=["ran", "core"])
    # The large model is not known to be better in the core, only on the whole: 19 of 39.
    assert played(outcomes, best(), known=known).answered_by.tolist() == [0, 0]


def test_cards_of_the_settings_price_recorded_sizes() -> None:
    cards = {
        "small": ModelCard(name="small", adapter="litellm", model="s", price=Price(1, 10)),
        "other": ModelCard(name="other", adapter="litellm", model="o"),
        "large": ModelCard(name="large", adapter="litellm", model="l", price=Price(2, 20), quality=0.9),
    }
    outcomes = table(
        [[1, 0], [0, 1]], input_tokens=np.full((2, 2), 1000.0), output_tokens=np.array([[100.0, 200.0], [100.0, 200.0]])
    )
    spy = Spy({})
    found = played(outcomes, spy.policy() | best(), known=outcomes, cards=cards)
    assert spy.seen["p0"] == {"small": (0.002, 0.5, None), "large": (0.006, 0.9, None)}
    assert found.remarks == ("other: nothing recorded, left out",)
    spy = Spy({})
    predictor = Told({"p0": MORE, "p1x": MORE}, tokens=50.0)
    played(outcomes, spy.policy() | best(), known=outcomes, cards=cards, predictor=predictor)
    assert spy.seen["p0"] == {"small": (0.0015, 0.2, None), "large": (0.003, 0.9, None)}
    with pytest.raises(UsageError, match="no model of the table has a card"):
        played(outcomes, best(), cards={"other": cards["other"]})


def test_a_model_without_a_price_is_not_taken_for_free() -> None:
    outcomes = table([[1, 1], [1, 1]], usd=np.array([[GAP, 0.01], [GAP, 0.01]]))
    assert cards_of(outcomes)["small"].price == UNKNOWN_PRICE
    assert played(outcomes, cheapest_above(quality=0.5)).answered_by.tolist() == [1, 1]
    # Where nothing has one, nothing is compared by price.
    unpriced = table([[1, 0], [1, 0]], usd=np.full((2, 2), GAP))
    assert played(unpriced, best()).answered_by.tolist() == [0, 0]


def test_a_gap_stays_a_gap_and_a_refusal_is_one() -> None:
    outcomes = table([[GAP, 1], [1, GAP], [1, 1], [1, 1]])
    found = played(outcomes, rules((Rule(model="small"),)))
    assert found.gaps == 1 and np.isnan(found.scores[0]) and found.calls[0].tolist() == [1, 0]
    refused = played(outcomes, within(usd=0.000001) | best())
    assert refused.refused.all() and refused.gaps == 0
    assert refused.scores.tolist() == refused.usd.tolist() == [0, 0, 0, 0]
    assert refused.shares().tolist() == [0, 0]


def test_a_rule_reads_role_domain_and_size() -> None:
    outcomes = table(
        [[1, 0]] * 3,
        roles=["planner", "", "caller"],
        domains=["", "ran", ""],
        input_tokens=np.array([[5.0, 7.0], [5.0, 7.0], [900.0, 900.0]]),
    )
    policy = rules(
        (Rule(model="large", role="planner"), Rule(model="large", domain="ran"), Rule(model="large", min_tokens=900))
    )
    assert played(outcomes, policy).answered_by.tolist() == [1, 1, 1]
    assert played(
        outcomes, rules((Rule(model="large", role="summarizer"),)) | rules((Rule(model="small"),))
    ).answered_by.tolist() == [0, 1, 0]
    with pytest.raises(InputError, match="'solver' is no role"):
        played(table([[1, 0]], roles=["solver"]), best())


def test_a_cascade_pays_for_every_draft() -> None:
    verdicts = np.array([[0.9, 0.1], [0.2, 0.7], [0.2, 0.1], [GAP, 0.9]])
    outcomes = table([[1, 0], [0, 1], [0, 1], [1, 0]], verdicts=verdicts, seconds=np.full((4, 2), 1.0))
    found = played(outcomes, cascade(accept=0.8))
    # Accepted; better second draft; worse second draft; no verdict.
    assert found.answered_by.tolist() == [0, 1, 0, 0]
    assert found.usd.tolist() == pytest.approx([0.001, 0.011, 0.011, 0.001])
    assert found.seconds.tolist() == [1, 2, 2, 1]
    assert found.calls.tolist() == [[1, 0], [1, 1], [1, 1], [1, 0]]
    assert found.remarks == ("1 drafts have no recorded verdict and were accepted",)
    checked = played(outcomes, cascade(), escalation=Escalation(accept_at=0.15, check_usd=0.5))
    assert checked.usd.tolist() == pytest.approx([0.501, 0.501, 0.501, 0.001])
    turned = played(outcomes, cascade(), escalation=Escalation(accept_at=0.5, calibrate=lambda verdict: 1 - verdict))
    assert turned.answered_by.tolist() == [1, 0, 0, 0]


def test_a_cascade_ends_where_no_model_is_left() -> None:
    outcomes = table([[0, 0, 1]] * 2, models=("a", "b", "c"), verdicts=np.array([[0.1, 0.2, 0.3]] * 2))
    found = played(outcomes, cascade(), escalation=Escalation(accept_at=0.9, tries=9))
    assert found.calls.tolist() == [[1, 1, 1]] * 2
    assert found.answered_by.tolist() == [2, 2]


def test_rows_it_was_fitted_on_are_refused() -> None:
    outcomes = table([[1, 0], [0, 1]])
    for contestant in (
        Contestant(name="c", fitted_on=frozenset({fingerprint("P0")})),
        Contestant(name="c", predictor=Told({}, fitted_on=frozenset({fingerprint("p0")}))),
    ):
        with pytest.raises(UsageError, match="c was fitted on 1 of these 2 rows"):
            replay(outcomes, contestant)
    left = apart(outcomes, {fingerprint("p0")}, overlap="drop", what="c")
    assert left.prompts == ("p1x",)
    with pytest.raises(UsageError, match="every one"):
        apart(left, {fingerprint("p1x")}, overlap="drop", what="c")
    assert apart(outcomes, {"0" * 16}, what="c") is outcomes


def test_folds_keep_prompts_together_and_fit_on_the_others() -> None:
    prompts = ["a", "A ", "b", "c", "c", "d", "e"]
    outcomes = table([[1, 0]] * 7, prompts=prompts)
    seen: list[frozenset[str]] = []

    def fit(rows: Outcomes) -> Contestant:
        seen.append(rows.fingerprints())
        return Contestant(name="f", policy=best(), fitted_on=rows.fingerprints())

    found = cross_validated(outcomes, fit, count=3)
    assert found.scores.tolist() == [1] * 7
    splits = folds(outcomes, 3)
    assert sorted(row for split in splits for row in split.rows.tolist()) == list(range(7))
    for split, fitted in zip(splits, seen, strict=True):
        assert not fitted & outcomes.take(split.rows).fingerprints()
    with pytest.raises(UsageError, match="was fitted on"):
        cross_validated(outcomes, lambda _: Contestant(name="f", fitted_on=outcomes.fingerprints()))
    for count in (1, 6):
        with pytest.raises(UsageError, match=f"{count} folds of 5"):
            folds(outcomes, count)


def test_one_prompt_alone_is_said_to_know_itself() -> None:
    found = played(table([[1, 0], [1, 0]], prompts=["a", "a"]), best())
    assert found.answered_by.tolist() == [0, 0]
    assert "one prompt only" in found.remarks[-1]


def test_parts_must_hold_every_row_once() -> None:
    part = played(table([[1, 0], [0, 1]]), best())
    with pytest.raises(ValueError, match="once"):
        joined([(np.array([0, 1]), part), (np.array([1, 2]), part)], 4)


def test_sizes_that_nobody_recorded_are_taken_alike() -> None:
    cards = {
        name: ModelCard(name=name, adapter="litellm", model=name, price=Price(0, 10)) for name in ("small", "large")
    }
    outcomes = table([[1, 0], [0, 1]], output_tokens=np.array([[GAP, 200.0], [GAP, 200.0]]))
    spy = Spy({})
    played(outcomes, spy.policy() | best(), known=outcomes, cards=cards)
    assert {model: seen[0] for model, seen in spy.seen["p0"].items()} == {"small": 0.00512, "large": 0.002}
