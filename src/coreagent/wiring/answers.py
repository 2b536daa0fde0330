"""Answers that endpoints gave to earlier runs: kept on this machine, so that a replayed run pays for no call twice."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

from coreagent.evals.calls.answer_store import AnswerStore
from coreagent.evals.calls.stored import Stored
from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatModel, Completion
from coreagent.settings import Settings


class LateAnswers:
    """The store of answers of a home, opened by the first call that needs it.

    With ``soon`` nobody waits until an answer is written: it is within a second, or when the store is closed.
    """

    def __init__(self, path: Path, *, soon: bool = False) -> None:
        self._path = path
        self._soon = soon
        self._store: AnswerStore | None = None

    @property
    def flights(self) -> dict[str, asyncio.Future[None]]:
        """As :class:`coreagent.evals.calls.answers.Answers` has it."""
        return self._opened().flights

    async def find(self, key: str) -> Completion | None:
        """As :class:`coreagent.evals.calls.answers.Answers` has it."""
        return self._opened().get(key)

    async def keep(self, key: str, completion: Completion, *, run: str, usd: float) -> None:
        """As :class:`coreagent.evals.calls.answers.Answers` has it."""
        if self._soon:
            self._opened().keep_soon(key, completion, run=run, usd=usd)
        else:
            await self._opened().keep(key, completion, run=run, usd=usd)

    def prune(self, *, older_than_s: float) -> int:
        """Forget answers older than this many seconds; how many there were. A store that is not there stays so."""
        return self._opened().prune(older_than_s=older_than_s) if self._path.exists() else 0

    def close(self) -> None:
        """Give the file back. Safe to call twice; a later call opens it again."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def _opened(self) -> AnswerStore:
        if self._store is None:
            self._store = AnswerStore(self._path)
        return self._store


def address_of(card: ModelCard, settings: Settings) -> str:
    """Where a model is asked, without secrets, all its endpoints together; empty for one in this process."""
    model = settings.models.get(card.name)
    if model is None or card.adapter == "builtin":
        return ""
    return ",".join(sorted(map(_host, model.addresses))) or f"{card.adapter}:{card.model.split('/')[0]}"


def keep_answers(model: ChatModel, answers: LateAnswers, settings: Settings, *, reuse: bool) -> ChatModel:
    """The model with its answers kept, and with ``reuse`` also given again; one in this process stays as it is."""
    address = address_of(model.card, settings)
    return Stored(model, answers, run="", endpoint=address, fresh=not reuse) if address else model


def _host(base_url: str) -> str:
    """Scheme, host, port and path: a user name and password before the host, and a query after it, are left out."""
    parts = urlsplit(base_url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path.rstrip('/')}"
