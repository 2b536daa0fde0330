"""Familiar questions get one prediction, strange ones the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from coreagent.errors import InputError
from coreagent.routing.learning.difficulty.familiarity import Familiarity, WhereFamiliar
from coreagent.routing.predictor import Prediction
from coreagent.routing.request import RoutingRequest
from coreagent.testing.hash_embedder import HashEmbedder

TEXTS = [
    *(f"how many {thing} cells are in cluster {number}" for thing in ("small", "large") for number in range(20)),
    *(f"who wrote the {thing} standard of release {number}" for thing in ("radio", "core") for number in range(20)),
]
TASKS = np.repeat([0, 1], 40)


@dataclass(frozen=True)
class Says:
    """The same of the models it knows."""

    name: str
    quality: float
    known: tuple[str, ...]
    output_tokens: float | None = None

    def predict(self, request: RoutingRequest, models: Sequence[str]) -> Mapping[str, Prediction]:
        return {model: Prediction(self.quality, self.output_tokens) for model in models if model in self.known}


def _mixed(near: Says, far: Says) -> WhereFamiliar:
    embedder = HashEmbedder()
    familiarity = Familiarity.fit(embedder.embed(TEXTS), TASKS)
    return WhereFamiliar(near=near, far=far, familiarity=familiarity, embedder=embedder)


def _request(text: str) -> RoutingRequest:
    return RoutingRequest(subtask="s1", role="caller", text=text)


def test_a_recorded_question_gets_the_near_prediction_and_a_strange_one_the_far() -> None:
    both = _mixed(Says("near", 0.9, ("m",), 40.0), Says("far", 0.3, ("m",)))

    assert both.predict(_request(TEXTS[3]), ("m",)) == {"m": Prediction(0.9, 40.0)}
    assert both.predict(_request("zebra quartz violin"), ("m",)) == {"m": Prediction(0.3, 40.0)}


def test_in_between_it_is_mixed() -> None:
    embedder = HashEmbedder()
    familiarity = Familiarity.fit(embedder.embed(TEXTS), TASKS)
    inside, outside = embedder.embed([TEXTS[0], "zebra quartz violin"])
    shares = [familiarity.of(step * outside + (1 - step) * inside) for step in np.linspace(0, 1, 9, dtype=np.float32)]

    assert shares == sorted(shares, reverse=True)
    assert shares[0] == 1.0
    assert shares[-1] == 0.0
    assert any(0 < share < 1 for share in shares)


def test_a_model_that_one_alone_knows_keeps_its_prediction() -> None:
    both = _mixed(Says("near", 0.9, ("old",)), Says("far", 0.3, ("old", "new")))

    found = both.predict(_request(TEXTS[3]), ("old", "new", "stranger"))

    assert found == {"old": Prediction(0.9), "new": Prediction(0.3)}


def test_without_a_text_it_has_no_say() -> None:
    assert _mixed(Says("near", 0.9, ("m",)), Says("far", 0.3, ("m",))).predict(_request(""), ("m",)) == {}


def test_its_name_tells_both() -> None:
    assert _mixed(Says("near", 0.9, ()), Says("far", 0.3, ())).name == "near, far where strange"


def test_an_embedding_that_says_nothing_is_strange() -> None:
    familiarity = Familiarity.fit(HashEmbedder().embed(TEXTS), TASKS)
    size = HashEmbedder().identity.dimensions

    assert familiarity.of(np.zeros(size, dtype=np.float32)) == 0.0
    assert familiarity.of(np.full(size, np.nan, dtype=np.float32)) == 0.0


def test_one_task_can_not_say_what_is_strange() -> None:
    with pytest.raises(InputError, match="one task"):
        Familiarity.fit(HashEmbedder().embed(TEXTS), np.zeros(len(TEXTS), dtype=np.int64))


def test_it_survives_arrays() -> None:
    rows = HashEmbedder().embed(TEXTS)
    found = Familiarity.fit(rows, TASKS)

    again = Familiarity.from_arrays(found.arrays())

    assert (again.strange, again.familiar) == (found.strange, found.familiar)
    assert again.of(rows[7]) == found.of(rows[7])
