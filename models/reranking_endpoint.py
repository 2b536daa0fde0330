"""A cross-encoder behind ``POST base_url/rerank``.

Two forms are spoken: the one that Cohere, Jina, vLLM and most gateways share, and the native one of
text-embeddings-inference, which is tried once the endpoint has refused the first with HTTP 422.
"""

import math
from collections.abc import Sequence

from coreagent.errors import ModelRequestError
from coreagent.labels import Sensitivity
from coreagent.models.faults import Faults
from coreagent.models.http_endpoint import HttpEndpoint, endpoint_url
from coreagent.models.loop_thread import LoopThread
from coreagent.models.retrying import Retries
from coreagent.models.timeouts import Timeouts
from coreagent.models.wire import Json, WireError, is_list, is_object
from coreagent.settings import RerankerSettings

_MAX_ATTEMPTS = 2
"""Somebody waits for the search."""
_MAX_WAIT_S = 5.0
_MAX_CONCURRENCY = 8
_LARGEST = 700.0
"""Log-odds beyond which the logistic function of a double is 0 or 1."""


class EndpointReranker:
    """Scores through an endpoint, for callers that are threads. Safe for threads, and the only retry layer."""

    def __init__(self, settings: RerankerSettings, *, api_key: str = "", retries: Retries | None = None) -> None:
        """Connects to nothing yet.

        Raises:
            SettingsError: ``base_url`` is no http or https address, or the key can not stand in a header.
        """
        url = endpoint_url(settings.base_url, "/rerank", key="knowledge.reranker.base_url")
        self._settings = settings
        self._name = settings.model or f"re-ranker at {url.host}"
        timeouts = Timeouts(connect_s=min(Timeouts().connect_s, settings.timeout_s), total_s=settings.timeout_s)
        self._http = HttpEndpoint(
            url,
            name=self._name,
            faults=Faults(
                self._name,
                url=str(url),
                api_key=api_key,
                timeouts=timeouts,
                protocol="rerank protocol of Cohere, Jina or text-embeddings-inference",
                wanted="scores",
                when_slow="Raise timeout_s or lower passages in [knowledge.reranker].",
            ),
            api_key=api_key,
            timeouts=timeouts,
            max_concurrency=_MAX_CONCURRENCY,
        )
        self._retries = retries or Retries(max_attempts=_MAX_ATTEMPTS, max_wait_s=_MAX_WAIT_S)
        self._thread = LoopThread(self._name, self._http.close)
        self._native = False
        self._logits = False

    def __repr__(self) -> str:
        return f"EndpointReranker({self._name!r}, url={str(self._http.url)!r})"

    @property
    def name(self) -> str:
        """The model's name, or where it is."""
        return self._name

    @property
    def clearance(self) -> Sensitivity:
        """The strictest label of text that it may be shown."""
        return Sensitivity.parse(self._settings.clearance)

    @property
    def passages(self) -> int:
        """How many of the best passages it wants to see."""
        return self._settings.passages

    def score(self, query: str, passages: Sequence[str]) -> tuple[float, ...]:
        """One score in 0..1 a passage, in their order. Blank passages get 0 and are not sent.

        Scores of the endpoint that lie in 0..1 are kept. Once one did not, they are taken for log-odds, and the
        logistic function is applied to all from then on.

        Raises:
            ModelError: the endpoint can not be reached, refuses, or answers wrongly.
        """
        sent = [number for number, text in enumerate(passages) if text.strip()]
        scores = [0.0] * len(passages)
        if sent and query.strip():
            found = self._thread.run(lambda: self._ask(_whole(query), [_whole(passages[number]) for number in sent]))
            self._logits = self._logits or any(not 0 <= score <= 1 for score in found)
            for number, score in zip(sent, found, strict=True):
                scores[number] = _logistic(score) if self._logits else score
        return tuple(scores)

    def close(self) -> None:
        """End calls that still run, give connections back. Safe to call twice; a later call connects anew."""
        self._thread.close()

    async def _ask(self, query: str, texts: list[str]) -> list[float]:
        """In the form that the endpoint is known to speak; else in both, one after the other."""
        native = self._native
        try:
            return await self._post(query, texts, native=native)
        except ModelRequestError as error:
            error.mend = _mend(error)
            if error.status != 422 or native:
                raise
            refused = error
        try:
            scores = await self._post(query, texts, native=True)
        except ModelRequestError:
            # Neither form is right, and most endpoints mean the first.
            raise refused from None
        self._native = True
        return scores

    async def _post(self, query: str, texts: list[str], *, native: bool) -> list[float]:
        fields: Json = {"query": query}
        if native:
            fields |= {"texts": texts, "truncate": True}
        else:
            fields |= {"documents": texts, "top_n": len(texts)}
            if self._settings.model:
                fields["model"] = self._settings.model
        return await self._retries.call(
            lambda: self._http.post(fields, lambda body: _read_scores(body, len(texts))),
        )


def _read_scores(body: object, count: int) -> list[float]:
    """Scores in the order of the passages.

    Raises:
        WireError: no list, a passage without a score or with two, or a score that is no finite number.
    """
    entries = body
    if is_object(body):
        entries = body.get("results", body.get("data"))
    if not is_list(entries):
        raise WireError("no list of scores in the answer")
    scores: dict[int, float] = {}
    for entry in entries:
        if not is_object(entry):
            raise WireError("a score that is no JSON object")
        index = entry.get("index")
        score = entry.get("relevance_score", entry.get("score"))
        if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < count or index in scores:
            raise WireError(f"{index!r} is no index of one of {count} passages, or came twice")
        if not isinstance(score, int | float) or isinstance(score, bool) or not abs(score) < math.inf:
            raise WireError(f"the score of passage {index} is no finite number")
        scores[index] = min(max(score, -_LARGEST), _LARGEST)
    if len(scores) != count:
        raise WireError(f"{len(scores)} scores came for {count} passages")
    return [scores[number] for number in range(count)]


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def _whole(text: str) -> str:
    """Without halves of characters (lone surrogates), which are no text to most servers."""
    return text.encode(errors="replace").decode()


def _mend(error: ModelRequestError) -> str:
    if error.status == 404:
        return error.mend
    if error.status == 413 or "batch" in error.message.lower():
        return "Lower passages in [knowledge.reranker]."
    return "Correct [knowledge.reranker], then run: coreagent doctor"
