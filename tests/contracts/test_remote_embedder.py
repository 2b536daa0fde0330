"""One contract for every embedder behind a service: the direct client and litellm, over a real socket."""

import asyncio
import base64
import json
import threading
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from coreagent.errors import (
    ModelAuthError,
    ModelError,
    ModelProtocolError,
    ModelRequestError,
    ModelServerError,
    ModelTimeoutError,
    ModelUnreachableError,
    RateLimitedError,
)
from coreagent.labels import Sensitivity
from coreagent.models.embedding import Embedder
from coreagent.models.embedding_endpoint import EndpointEmbedding
from coreagent.models.litellm_embedding import LiteLLMEmbedding
from coreagent.models.remote_embedder import RemoteEmbedder
from coreagent.models.retrying import Retries
from coreagent.settings import EmbedderSettings
from coreagent.testing import HashEmbedder, ManualClock
from coreagent.testing.openai_server import OpenAIServer
from coreagent.testing.replies import (
    HTML,
    MALFORMED_JSON,
    RATE_LIMITED,
    SERVER_ERROR,
    UNAUTHORIZED,
    Computed,
    Cut,
    HttpError,
    Raw,
    Reply,
    Stall,
)
from coreagent.testing.vectors import DIMENSIONS

pytestmark = [
    # litellm reads fields that its version of pydantic has deprecated.
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince211"),
    # The SDK below it warns of vectors that are no lists of numbers, and passes them on.
    pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning"),
]

Kind = Literal["openai_compatible", "litellm"]
KINDS: tuple[Kind, ...] = ("openai_compatible", "litellm")
KEY = "sk-very-secret-0123456789"
TEXTS = ["A1 policies", "E2 nodes", "O1 management", "F1 split", "NG core"]


def embedder_of(kind: Kind, base_url: str, clock: ManualClock | None = None, **extra: Any) -> RemoteEmbedder:
    model = "openai/tiny" if kind == "litellm" else "tiny"
    settings = EmbedderSettings.model_validate({"adapter": kind, "model": model, "base_url": base_url, **extra})
    calls = (LiteLLMEmbedding if kind == "litellm" else EndpointEmbedding)(settings, api_key=KEY)
    retries = Retries(max_attempts=settings.max_attempts, sleep=clock.sleep) if clock else None
    return RemoteEmbedder(calls, settings, retries=retries)


class Made:
    """An embedder and the server behind it; calls run in a thread, as those of the library do."""

    def __init__(self, embedder: RemoteEmbedder, server: OpenAIServer) -> None:
        self.embedder, self.server = embedder, server

    async def embed(self, texts: Sequence[str] = ("A1 policies",)) -> NDArray[np.float32]:
        return await asyncio.to_thread(self.embedder.embed, texts)

    async def fails(self, kind: type[ModelError], match: str = "") -> ModelError:
        with pytest.raises(kind, match=match or None) as caught:
            await self.embed()
        return caught.value


@asynccontextmanager
async def made(
    kind: Kind, replies: Sequence[Reply] | None = None, clock: ManualClock | None = None, **extra: Any
) -> AsyncGenerator[Made]:
    async with OpenAIServer(replies) as server:
        embedder = embedder_of(kind, server.base_url, clock, **extra)
        try:
            yield Made(embedder, server)
        finally:
            await asyncio.to_thread(embedder.close)


def answer(*rows: object) -> Raw:
    """These vectors, each under its place as index."""
    data = [{"object": "embedding", "index": index, "embedding": row} for index, row in enumerate(rows)]
    return Raw(json.dumps({"object": "list", "data": data, "model": "tiny", "usage": None}))


@pytest.mark.parametrize("kind", KINDS)
async def test_rows_come_in_order_whatever_the_batches_and_blank_texts_are_not_sent(kind: Kind) -> None:
    texts = [*TEXTS, "", " \n\t", TEXTS[0]]
    async with made(kind, ["ok"] * 3, batch_size=2) as it:
        rows = await it.embed(texts)
        sent = [text for request in it.server.requests for text in request.body["input"]]
        it.server.assert_done()
    assert sorted(sent) == sorted([*TEXTS, TEXTS[0]])
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows, HashEmbedder(DIMENSIONS).embed(texts), atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
async def test_vectors_are_scaled_to_unit_length(kind: Kind) -> None:
    async with made(kind, [answer([3.0, 4.0], [0, 0])]) as it:
        rows = await it.embed(["a", "b"])
    np.testing.assert_allclose(rows, [[0.6, 0.8], [0.0, 0.0]], atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_to_embed_is_no_batch(kind: Kind) -> None:
    async with made(kind, [], dimensions=8) as it:
        assert (await it.embed([])).shape == (0, 8)
        assert (await it.embed(["", " "])).tolist() == [[0.0] * 8] * 2
        assert it.server.requests == ()


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_sent(kind: Kind) -> None:
    async with made(kind, ["ok"] * 3, query_prefix="query: ", passage_prefix="passage: ") as it:
        await it.embed(["基站 \udcff"])
        await asyncio.to_thread(it.embedder.embed_queries, ["x"])
        first, second = it.server.requests
    assert first.body["input"] == ["passage: 基站 ?"]
    assert second.body["input"] == ["query: x"]
    assert first.path == "/v1/embeddings" and first.body["model"] == "tiny" and "dimensions" not in first.body
    assert first.headers["authorization"] == f"Bearer {KEY}"
    async with made(kind, ["ok"], dimensions=16) as it:
        assert (await it.embed()).shape == (1, 16)
        assert it.server.requests[0].body["dimensions"] == 16


@pytest.mark.parametrize("kind", KINDS)
async def test_dimensions_are_asked_for_once_and_only_when_needed(kind: Kind) -> None:
    async with made(kind, ["ok"] * 2) as it:
        first = await asyncio.to_thread(lambda: it.embedder.identity)
        assert first.dimensions == DIMENSIONS
        await it.embed()
        assert it.embedder.identity == first
        it.server.assert_done()
    async with made(kind, [], dimensions=DIMENSIONS) as it:
        assert it.embedder.identity == first, "told or learnt, the vectors are the same"


@pytest.mark.parametrize("kind", KINDS)
def test_identity_is_of_the_model_not_of_its_host(kind: Kind) -> None:
    def identity(base_url: str = "http://127.0.0.1:1/v1", **extra: Any) -> object:
        return embedder_of(kind, base_url, None, **{"dimensions": 8, **extra}).identity

    first = identity()
    assert identity("http://127.0.0.2:2/v1", batch_size=3, max_attempts=1) == first
    others = [
        identity(model="openai/b"),
        identity(query_prefix="q"),
        identity(passage_prefix="q"),
        identity(dimensions=9),
    ]
    assert len({first, *others}) == 5


def test_identity_is_of_the_adapter_too() -> None:
    digests = {embedder_of(kind, "http://127.0.0.1:1/v1", model="m", dimensions=8).identity.digest for kind in KINDS}
    assert len(digests) == 2


PASSING = [
    (RATE_LIMITED, 2.0),
    (SERVER_ERROR, 0.0),
    (HttpError(503, "loading", {"Retry-After": "7"}), 7.0),
    (Cut(), 0.0),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("fault", "least_s"), PASSING, ids=["429", "500", "503", "cut"])
async def test_faults_that_pass_are_tried_again(kind: Kind, fault: Reply, least_s: float) -> None:
    clock = ManualClock()
    async with made(kind, [fault, "ok"], clock) as it:
        rows = await it.embed()
        it.server.assert_done()
    assert len(clock.slept) == 1 and clock.slept[0] >= least_s
    assert rows.any()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("fault", "error"),
    [(RATE_LIMITED, RateLimitedError), (SERVER_ERROR, ModelServerError), (Cut(), ModelUnreachableError)],
)
async def test_there_is_one_retry_layer_and_it_ends(kind: Kind, fault: Reply, error: type[ModelError]) -> None:
    async with made(kind, [fault] * 3, ManualClock(), max_attempts=3) as it:
        assert (await it.fails(error)).mend
        it.server.assert_done()


FINAL = [
    (UNAUTHORIZED, ModelAuthError, "401", "api_key_env"),
    (HttpError(429, "slow down", {"Retry-After": "3600"}), RateLimitedError, "", "Wait"),
    (HttpError(404, "no such model"), ModelRequestError, "404", "base_url"),
    (HttpError(400, "maximum context length is 512 tokens"), ModelRequestError, "512 tokens", "too long"),
    (HttpError(413, "payload too large"), ModelRequestError, "413", "11 characters"),
    (HttpError(422, "batch size 64 > maximum allowed batch size 32"), ModelRequestError, "422", "batch_size"),
    (HttpError(400, "something else"), ModelRequestError, "something else", "coreagent doctor"),
    (HTML, ModelProtocolError, "", "base_url"),
    (MALFORMED_JSON, ModelProtocolError, "", ""),
    (answer([1.0, 0.0], [0.0, 1.0]), ModelProtocolError, "2 vectors came for 1 texts", ""),
    (answer(), ModelProtocolError, "", ""),
    (answer([float("nan"), 1.0]), ModelProtocolError, "not finite", ""),
    (answer([1e300, 1.0]), ModelProtocolError, "not finite", ""),
    (answer([None, 1.0]), ModelProtocolError, "", ""),
    (answer([]), ModelProtocolError, "", ""),
    (answer([[1.0], [2.0]]), ModelProtocolError, "", ""),
    (answer("not base64!"), ModelProtocolError, "", ""),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("fault", "error", "cause", "mend"), FINAL)
async def test_faults_that_stay_are_told_at_once(
    kind: Kind, fault: Reply, error: type[ModelError], cause: str, mend: str
) -> None:
    clock = ManualClock()
    async with made(kind, [fault], clock) as it:
        raised = await it.fails(error, cause)
        it.server.assert_done()
    assert raised.mend and mend in raised.mend
    assert not clock.slept


@pytest.mark.parametrize("kind", KINDS)
async def test_a_stall_runs_into_the_time_limit(kind: Kind) -> None:
    async with made(kind, [Stall(30)], timeout_s=0.3, max_attempts=1) as it:
        await it.fails(ModelTimeoutError, "within 0.3 s")


@pytest.mark.parametrize("kind", KINDS)
async def test_nobody_listens(kind: Kind) -> None:
    async with OpenAIServer([]) as server:
        base_url = server.base_url
    embedder = embedder_of(kind, base_url, ManualClock())
    with pytest.raises(ModelUnreachableError) as caught:
        await asyncio.to_thread(lambda: embedder.identity)
    assert "Start the server" in caught.value.mend
    embedder.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_other_dimensions_than_before_are_refused(kind: Kind) -> None:
    async with made(kind, [answer([1.0, 0.0]), answer([1.0, 0.0, 0.0])]) as it:
        await it.embed()
        raised = await it.fails(ModelProtocolError, "3 dimensions came, not of 2 as before")
        assert "has changed" in raised.mend
        assert it.embedder.identity.dimensions == 2


@pytest.mark.parametrize("kind", KINDS)
async def test_dimensions_that_the_model_does_not_give(kind: Kind) -> None:
    async with made(kind, [answer([1.0, 0.0])], dimensions=3) as it:
        raised = await it.fails(ModelProtocolError, "2 dimensions came, not of 3 as set")
        assert "dimensions = 2" in raised.mend
    refusal = HttpError(400, "Model does not support matryoshka representation")
    async with made(kind, [refusal], dimensions=3) as it:
        assert "Leave dimensions out" in (await it.fails(ModelRequestError)).mend


@pytest.mark.parametrize("kind", KINDS)
async def test_one_failing_batch_fails_the_call_and_the_next_one_works(kind: Kind) -> None:
    async with made(kind, ["ok", HttpError(400, "no"), "ok", "ok"], batch_size=1, max_concurrency=1) as it:
        with pytest.raises(ModelRequestError):
            await it.embed(TEXTS[:3])
        rows = await it.embed(TEXTS[:1])
    np.testing.assert_allclose(rows, HashEmbedder(DIMENSIONS).embed(TEXTS[:1]), atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
async def test_base64_is_read_too(kind: Kind) -> None:
    packed = base64.b64encode(np.array([3.0, 4.0], dtype="<f4").tobytes()).decode()
    async with made(kind, [answer(packed)]) as it:
        np.testing.assert_allclose(await it.embed(), [[0.6, 0.8]], atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
async def test_the_key_is_never_shown(kind: Kind) -> None:
    async with made(kind, [HttpError(401, f"Incorrect API key provided: {KEY}")]) as it:
        raised = await it.fails(ModelAuthError)
        assert KEY not in str(raised) + raised.mend + repr(raised.__dict__) + repr(it.embedder)


@pytest.mark.parametrize("kind", KINDS)
async def test_batches_are_in_flight_together_and_no_more_than_allowed(kind: Kind) -> None:
    running = most = 0

    def busy(_: dict[str, Any]) -> Reply:
        nonlocal running, most
        running += 1
        most = max(most, running)

        def done(_: dict[str, Any]) -> Reply:
            nonlocal running
            running -= 1
            return "ok"

        return Stall(0.05, Computed(done))

    async with made(kind, [Computed(busy)] * 10, batch_size=1, max_concurrency=2) as it:
        await asyncio.gather(it.embed(TEXTS), it.embed(TEXTS))
        it.server.assert_done()
    assert most == 2


@pytest.mark.parametrize("kind", KINDS)
async def test_many_threads_at_once(kind: Kind) -> None:
    async with made(kind) as it:
        with ThreadPoolExecutor(8) as pool:
            loop = asyncio.get_running_loop()
            found = await asyncio.gather(
                *(loop.run_in_executor(pool, it.embedder.embed, [f"text {number}"]) for number in range(24))
            )
    expected = HashEmbedder(DIMENSIONS).embed([f"text {number}" for number in range(24)])
    np.testing.assert_allclose(np.concatenate(found), expected, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
async def test_closed_in_the_middle_of_a_call_and_used_again(kind: Kind) -> None:
    arrived = asyncio.Event()

    def stall(_: dict[str, Any]) -> Reply:
        arrived.set()
        return Stall(30)

    async with made(kind, [Computed(stall), "ok"]) as it:
        call = asyncio.create_task(it.embed())
        await arrived.wait()
        await asyncio.to_thread(it.embedder.close)
        with pytest.raises(ModelUnreachableError, match="closed in the middle"):
            await call
        it.embedder.close()
        assert (await it.embed()).any()
    assert not any(thread.name.startswith("calls to") for thread in threading.enumerate())


@pytest.mark.parametrize(
    ("placement", "clearance", "allowed"),
    [
        ("site", "confidential", Sensitivity.CONFIDENTIAL),
        ("site", "internal", Sensitivity.INTERNAL),
        ("cloud", "confidential", Sensitivity.INTERNAL),
        ("cloud", "public", Sensitivity.PUBLIC),
    ],
)
def test_confidential_text_never_goes_to_the_cloud(placement: str, clearance: str, allowed: Sensitivity) -> None:
    embedder: Embedder = embedder_of(
        "openai_compatible", "http://127.0.0.1:1/v1", placement=placement, clearance=clearance
    )
    assert embedder.clearance == allowed
