"""A re-ranker over a real socket, in both forms that endpoints speak."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from coreagent.errors import (
    ModelAuthError,
    ModelError,
    ModelProtocolError,
    ModelRequestError,
    ModelServerError,
    ModelTimeoutError,
    ModelUnreachableError,
    RateLimitedError,
    SettingsError,
)
from coreagent.labels import Sensitivity
from coreagent.models.reranking import Reranker
from coreagent.models.reranking_endpoint import EndpointReranker
from coreagent.models.retrying import Retries
from coreagent.settings import RerankerSettings
from coreagent.testing import ManualClock
from coreagent.testing.openai_server import OpenAIServer
from coreagent.testing.replies import (
    HTML,
    MALFORMED_JSON,
    SERVER_ERROR,
    UNAUTHORIZED,
    Computed,
    Cut,
    HttpError,
    Raw,
    Reply,
    Stall,
)

KEY = "sk-very-secret-0123456789"
QUERY = "A1 policy types"
PASSAGES = ["Bread is made of flour.", "A1 carries policy types.", "An A1 policy"]
NO_DOCUMENTS = HttpError(422, "missing field `texts`")


class Made:
    """A re-ranker and the server behind it; calls run in a thread, as those of a search do."""

    def __init__(self, reranker: EndpointReranker, server: OpenAIServer) -> None:
        self.reranker, self.server = reranker, server

    async def score(self, passages: Sequence[str] = PASSAGES, query: str = QUERY) -> tuple[float, ...]:
        return await asyncio.to_thread(self.reranker.score, query, passages)

    async def fails(self, kind: type[ModelError], match: str) -> ModelError:
        with pytest.raises(kind, match=match) as caught:
            await self.score()
        return caught.value


@asynccontextmanager
async def made(replies: Sequence[Reply] | None, clock: ManualClock | None = None, **extra: Any) -> AsyncGenerator[Made]:
    async with OpenAIServer(replies) as server:
        settings = RerankerSettings.model_validate({"base_url": server.base_url, **extra})
        retries = Retries(max_attempts=2, max_wait_s=5, sleep=clock.sleep) if clock else None
        reranker = EndpointReranker(settings, api_key=KEY, retries=retries)
        try:
            yield Made(reranker, server)
        finally:
            await asyncio.to_thread(reranker.close)


def scored(*scores: float) -> Raw:
    return Raw(json.dumps({"results": [{"index": at, "relevance_score": score} for at, score in enumerate(scores)]}))


async def test_scores_come_in_the_order_of_the_passages() -> None:
    async with made(["ok"], model="bge-reranker") as it:
        first, second, third = await it.score()
        sent = it.server.requests[0]
        reranker: Reranker = it.reranker
    assert first == 0 and second == 1 and third == pytest.approx(2 / 3)
    assert sent.path == "/v1/rerank" and sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.body == {"model": "bge-reranker", "query": QUERY, "documents": PASSAGES, "top_n": 3}
    assert (reranker.name, reranker.passages, reranker.clearance) == ("bge-reranker", 32, Sensitivity.INTERNAL)


async def test_blank_passages_and_questions_are_not_sent() -> None:
    async with made([scored(0.5)]) as it:
        assert await it.score(["", "text", " \n"]) == (0.0, 0.5, 0.0)
        assert await it.score([]) == ()
        assert await it.score(["", " "]) == (0.0, 0.0)
        assert await it.score(["text"], query=" ") == (0.0,)
        it.server.assert_done()
        assert it.server.requests[0].body["documents"] == ["text"]
        assert "model" not in it.server.requests[0].body


async def test_the_other_form_is_tried_once_and_remembered() -> None:
    native = Computed(lambda body: "ok" if "texts" in body else NO_DOCUMENTS)
    async with made([native] * 3) as it:
        first = await it.score()
        assert await it.score() == first
        it.server.assert_done()
        assert [sorted(request.body) for request in it.server.requests[1:]] == [["query", "texts", "truncate"]] * 2
    assert first[1] == 1


async def test_a_422_in_both_forms_is_told_in_the_words_of_the_first() -> None:
    async with made([HttpError(422, "first"), HttpError(422, "second"), "ok"]) as it:
        assert "coreagent doctor" in (await it.fails(ModelRequestError, "first")).mend
        assert (await it.score())[1] == 1, "the first form is still the first to be tried"
        assert "documents" in it.server.requests[2].body


async def test_log_odds_become_probabilities_and_stay_so() -> None:
    async with made([scored(-3.0, 0.0, 9_999.0), scored(0.0, 0.5, 0.9)]) as it:
        assert await it.score() == pytest.approx((0.0474259, 0.5, 1.0))
        assert (await it.score())[0] == 0.5, "an endpoint does not change its scale"
    async with made([scored(0.0, 0.5, 1.0)]) as it:
        assert await it.score() == (0.0, 0.5, 1.0)


@pytest.mark.parametrize("fault", [SERVER_ERROR, Cut(), HttpError(429, "busy", {"Retry-After": "1"})])
async def test_faults_that_pass_are_tried_again(fault: Reply) -> None:
    clock = ManualClock()
    async with made([fault, "ok"], clock) as it:
        assert (await it.score())[1] == 1
        it.server.assert_done()
    assert len(clock.slept) == 1


@pytest.mark.parametrize(
    ("fault", "error", "cause", "mend"),
    [
        (UNAUTHORIZED, ModelAuthError, "401", "api_key_env"),
        (HttpError(429, "busy", {"Retry-After": "60"}), RateLimitedError, "60 s", "Wait"),
        (HttpError(404, "not found"), ModelRequestError, "404", "base_url"),
        (HttpError(413, "batch size 32 > 16"), ModelRequestError, "413", "Lower passages"),
        (HTML, ModelProtocolError, "not with scores", "base_url"),
        (MALFORMED_JSON, ModelProtocolError, "not a whole JSON object", "rerank protocol"),
        (Raw('{"results": 3}'), ModelProtocolError, "no list of scores", ""),
        (Raw('["a", "b", "c"]'), ModelProtocolError, "no JSON object", ""),
        (scored(0.1, 0.2), ModelProtocolError, "2 scores came for 3 passages", ""),
        (scored(0.1, 0.2, 0.3, 0.4), ModelProtocolError, "no index of one of 3", ""),
        (scored(0.1, 0.2, float("nan")), ModelProtocolError, "no finite number", ""),
        (scored(0.1, 0.2, float("-inf")), ModelProtocolError, "no finite number", ""),
        (Raw('[{"index": 0, "score": 1}, {"index": 0, "score": 1}]'), ModelProtocolError, "came twice", ""),
        (Raw('[{"index": true, "score": 1}]'), ModelProtocolError, "no index", ""),
        (Raw('[{"index": 0, "score": "high"}]'), ModelProtocolError, "no finite number", ""),
    ],
)
async def test_faults_that_stay_are_told_at_once(fault: Reply, error: type[ModelError], cause: str, mend: str) -> None:
    clock = ManualClock()
    async with made([fault], clock) as it:
        raised = await it.fails(error, cause)
        it.server.assert_done()
        assert KEY not in str(raised) + repr(it.reranker)
    assert raised.mend and mend in raised.mend
    assert not clock.slept


async def test_an_integer_beyond_every_float_is_just_large() -> None:
    huge = Raw('[{"index": 0, "score": 1' + "0" * 400 + '}, {"index": 1, "score": 0}, {"index": 2, "score": 0}]')
    async with made([huge]) as it:
        assert await it.score() == (1.0, 0.5, 0.5)


async def test_it_gives_up_soon() -> None:
    async with made([SERVER_ERROR, SERVER_ERROR], ManualClock()) as it:
        await it.fails(ModelServerError, "500")
    async with made([Stall(30), Stall(30)], ManualClock(), timeout_s=0.2) as it:
        raised = await it.fails(ModelTimeoutError, r"within 0\.2 s")
        assert "[knowledge.reranker]" in raised.mend


async def test_nobody_listens() -> None:
    async with made([], ManualClock()) as it:
        await it.server.__aexit__()
        await it.fails(ModelUnreachableError, "no connection")


def test_an_address_with_a_password_is_refused() -> None:
    with pytest.raises(SettingsError, match="password") as caught:
        EndpointReranker(RerankerSettings(base_url="http://me:secret@host/v1"))
    assert "secret" not in str(caught.value) and "api_key_env" in caught.value.mend
