"""A decision model over a real socket, with everything that can be wrong with its answer."""

import json
from typing import Any

import pytest
from tests.routing.advisors.asking import Ask, card, request

from coreagent.errors import (
    ModelError,
    ModelProtocolError,
    ModelServerError,
    ModelTimeoutError,
    ModelUnreachableError,
    SettingsError,
)
from coreagent.labels import Sensitivity
from coreagent.models.timeouts import Timeouts
from coreagent.routing.advisors.decision_endpoint import DecisionEndpoint
from coreagent.routing.request import Advice
from coreagent.testing.openai_server import OpenAIServer
from coreagent.testing.replies import HTML, MALFORMED_JSON, SERVER_ERROR, Raw, Reply, Stall

CARDS = (card("small"), card("large"))
KEY = "sk-decision-0123456789"


async def advise(reply: Reply, *, ask: Ask | None = None, **more: Any) -> tuple[Advice, OpenAIServer]:
    async with OpenAIServer([reply]) as server:
        # The double has no path for decisions; any of its own gives the scripted body back.
        endpoint = DecisionEndpoint(f"{server.base_url}/chat/completions", api_key=KEY, **more)
        try:
            return await endpoint.advise(request(domain="o-ran"), CARDS, ask or Ask()), server
        finally:
            await endpoint.close()
            await endpoint.close()


def answer(**fields: Any) -> Raw:
    return Raw(json.dumps(fields))


async def test_choice_and_probabilities() -> None:
    ask = Ask()
    advice, server = await advise(
        answer(choice="large", probabilities={"large": 0.7, "small": 0.3}), ask=ask, usd_per_call=0.001
    )
    assert advice == Advice(by="decision_endpoint(127.0.0.1)", scores={"small": 0.3, "large": 0.7})
    (sent,) = server.requests
    assert sent.body == {
        "text": "Which interface joins two xApps?",
        "role": "summarizer",
        "domain": "o-ran",
        "candidates": ["small", "large"],
    }
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert (ask.usd, ask.names) == (0.001, ["decision_endpoint(127.0.0.1)"])


async def test_a_choice_alone_is_enough_and_comes_first_whatever_its_probability() -> None:
    alone, _ = await advise(answer(choice="small"))
    assert alone.scores == {"small": 1.0, "large": 0.0}
    odd, _ = await advise(answer(choice="small", probabilities={"large": 0.9, "small": 0.1}))
    assert odd.scores["small"] >= odd.scores["large"]


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (answer(choice="ghost"), ModelProtocolError, "'ghost' is none of the candidates"),
        (answer(choice="small", probabilities={"ghost": 1.0}), ModelProtocolError, "'ghost'"),
        (answer(choice="small", probabilities={"small": 1.5}), ModelProtocolError, "less than or equal to 1"),
        (Raw('{"choice": "small", "probabilities": {"small": NaN}}'), ModelProtocolError, "probabilities.small"),
        (answer(choice=2), ModelProtocolError, "choice"),
        (answer(), ModelProtocolError, "choice"),
        (Raw("[1, 2]"), ModelProtocolError, "the answer"),
        (Raw('"small"'), ModelProtocolError, "not a whole JSON"),
        (answer(choice="x" * 2_000_000), ModelProtocolError, "more than 1,000,000 bytes"),
        (MALFORMED_JSON, ModelProtocolError, "JSON"),
        (HTML, ModelProtocolError, "web page"),
        (SERVER_ERROR, ModelServerError, "worker died"),
    ],
)
async def test_any_other_answer_is_an_error_of_our_own(reply: Reply, kind: type[ModelError], words: str) -> None:
    with pytest.raises(kind, match=words):
        await advise(reply)


async def test_it_is_not_waited_for_for_long() -> None:
    with pytest.raises(ModelTimeoutError):
        await advise(Stall(30.0), timeouts=Timeouts(connect_s=1.0, total_s=0.05))


async def test_nobody_there() -> None:
    endpoint = DecisionEndpoint("http://127.0.0.1:9/decide")
    with pytest.raises(ModelUnreachableError, match="no connection"):
        await endpoint.advise(request(), CARDS, Ask())
    await endpoint.close()


def test_its_address_and_its_clearance() -> None:
    with pytest.raises(SettingsError, match=r"routing\.adviser\.url"):
        DecisionEndpoint("decide")
    confidential = Sensitivity.CONFIDENTIAL
    assert not DecisionEndpoint("http://a/b").may_see(confidential)
    assert DecisionEndpoint("http://a/b", clearance=confidential).may_see(confidential)
    assert not DecisionEndpoint("http://a/b", clearance=confidential, cloud=True).may_see(confidential)
    assert KEY not in repr(DecisionEndpoint("http://a/b", api_key=KEY))
