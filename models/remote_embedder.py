"""An embedder behind a service: batches, retries, checks and unit length, whatever the service speaks."""

import asyncio
import hashlib
import json
import threading
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import ModelProtocolError, ModelRequestError
from coreagent.labels import Sensitivity
from coreagent.models.embedding import EmbedderIdentity
from coreagent.models.loop_thread import LoopThread
from coreagent.models.retrying import Retries
from coreagent.settings import EmbedderSettings

_PROBE = "dimensions"
"""Embedded to learn how long the vectors are."""


class EmbeddingCalls(Protocol):
    """One service: a batch of texts out, their vectors back, in one try."""

    async def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Finite rows in the order of the texts, shape ``(len(texts), dimensions)``.

        Raises:
            ModelError: no connection, no answer in time, a refusal, or an answer that is not the protocol.
        """
        ...

    async def close(self) -> None:
        """Give connections back. Safe to call twice."""
        ...


class RemoteEmbedder:
    """Embeds through a service, for callers that are threads. Safe for threads, and the only retry layer.

    The calls run on an event loop of their own, which starts with the first of them. Moving the service to another
    address keeps the identity; another model, another prefix or other dimensions change it.
    """

    def __init__(self, calls: EmbeddingCalls, settings: EmbedderSettings, *, retries: Retries | None = None) -> None:
        """Connects to nothing yet."""
        self._calls, self._settings = calls, settings
        self._retries = retries or Retries(max_attempts=settings.max_attempts)
        self._thread = LoopThread(settings.model, calls.close)
        self._dimensions = settings.dimensions
        self._learning = threading.Lock()

    def __repr__(self) -> str:
        return f"RemoteEmbedder({self._settings.model!r}, adapter={self._settings.adapter!r})"

    @property
    def clearance(self) -> Sensitivity:
        """The strictest label of text that it may be sent; confidential text never goes to the cloud."""
        allowed = Sensitivity.parse(self._settings.clearance)
        return min(allowed, Sensitivity.INTERNAL) if self._settings.placement == "cloud" else allowed

    @property
    def identity(self) -> EmbedderIdentity:
        """Who makes the vectors. Asks the service once how long they are, when the settings do not say.

        Raises:
            ModelError: the service can not be asked.
        """
        settings = self._settings
        with self._learning:
            if self._dimensions is None:
                self._rows([_PROBE], prefix=settings.passage_prefix)
        size = self._dimensions or 0
        facts = [settings.adapter, settings.model, size, settings.query_prefix, settings.passage_prefix]
        return EmbedderIdentity(settings.model, size, hashlib.sha256(json.dumps(facts).encode()).hexdigest())

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of passages: rows of unit length, shape ``(len(texts), dimensions)``; a blank text gives a zero row.

        Raises:
            ModelError: the service can not be reached, refuses, or answers wrongly.
        """
        return self._embed(texts, prefix=self._settings.passage_prefix)

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of questions; otherwise as :meth:`embed`."""
        return self._embed(texts, prefix=self._settings.query_prefix)

    def close(self) -> None:
        """End calls that still run, give connections back. Safe to call twice; a later call connects anew."""
        self._thread.close()

    def _embed(self, texts: Sequence[str], *, prefix: str) -> NDArray[np.float32]:
        sent = [number for number, text in enumerate(texts) if text.strip()]
        rows = self._rows([texts[number] for number in sent], prefix=prefix) if sent else None
        out = np.zeros((len(texts), self.identity.dimensions), dtype=np.float32)
        if rows is not None:
            out[sent] = rows
        return out

    def _rows(self, texts: Sequence[str], *, prefix: str) -> NDArray[np.float32]:
        # Half a character (a lone surrogate) is no text to most servers, and would spoil its whole batch.
        whole = [(prefix + text).encode(errors="replace").decode() for text in texts]
        size = self._settings.batch_size
        batches = [whole[start : start + size] for start in range(0, len(whole), size)]
        return self._thread.run(lambda: self._all(batches))

    async def _all(self, batches: Sequence[list[str]]) -> NDArray[np.float32]:
        found: dict[int, NDArray[np.float32]] = {}
        waiting = iter(enumerate(batches))

        async def work() -> None:
            for place, batch in waiting:
                found[place] = await self._batch(batch)

        tasks = [asyncio.create_task(work()) for _ in range(min(len(batches), self._settings.max_concurrency))]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return np.concatenate([found[place] for place in range(len(batches))])

    async def _batch(self, texts: list[str]) -> NDArray[np.float32]:
        try:
            rows = await self._retries.call(lambda: self._calls.vectors(texts))
        except ModelRequestError as error:
            error.mend = self._mend(error, texts)
            raise
        self._check_dimensions(rows.shape[1])
        norms = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
        return (rows / np.where(norms > 0, norms, 1.0)).astype(np.float32)

    def _check_dimensions(self, size: int) -> None:
        # All batches run in one loop, so the first answer decides without a lock.
        known = self._dimensions = self._dimensions or size
        if size != known:
            asked = self._settings.dimensions is not None
            raise ModelProtocolError(
                f"vectors of {size} dimensions came, not of {known}" + (" as set" if asked else " as before"),
                model=self._settings.model,
                mend=f"Set dimensions = {size} in [knowledge.embedder], or leave it out."
                if asked
                else "The model behind base_url has changed: put the old one back, or start again with the new one.",
            )

    def _mend(self, error: ModelRequestError, texts: Sequence[str]) -> str:
        said = error.message.lower()
        if error.status == 404:
            return error.mend
        if self._settings.dimensions is not None and ("dimension" in said or "matryoshka" in said):
            return "Leave dimensions out of [knowledge.embedder]: this model can not shorten its vectors."
        if "batch" in said:
            return f"Lower batch_size in [knowledge.embedder], now {self._settings.batch_size}."
        if error.status == 413 or any(word in said for word in ("token", "context", "too long", "length")):
            longest = max(map(len, texts))
            return (
                f"A text is too long for this model; the longest of this batch has {longest:,} characters. Let its"
                " server cut texts off, take a model with a longer context, or split the document into smaller parts."
            )
        return "Correct [knowledge.embedder], then run: coreagent doctor"
