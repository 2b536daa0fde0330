"""Loading a model before it is needed, with the least call there is.

The request goes through the model's own endpoint and makes its server load it; how long it stays is the server's
setting (Ollama reads no ``keep_alive`` from an OpenAI-compatible request, but each request starts its time anew).
"""

import asyncio
from collections.abc import Callable, Sequence

from coreagent.budget import Ledger
from coreagent.errors import CoreAgentError
from coreagent.messages import Message
from coreagent.models.budgeted import Budgeted
from coreagent.models.card import FREE
from coreagent.models.chat import ChatModel, ChatRequest
from coreagent.models.dispatch.health import Health
from coreagent.models.dispatch.residency import Residency

_REQUEST = ChatRequest(messages=(Message.user("Reply with the single word ready."),), max_tokens=1)


class Prewarmer:
    """Warms models up in the background. ``get`` finds a model by its name, as a registry does.

    A failure is noted in ``health`` and nowhere else: who needs the model later calls it anyway. The call is booked
    like any other (a call, its tokens, its dollars) when the model has a price, and does not count when it is free;
    it is not made when the budget has no room for it.
    """

    def __init__(self, get: Callable[[str], ChatModel], residency: Residency, health: Health) -> None:
        self._get = get
        self._residency = residency
        self._health = health
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def upcoming(self, models: Sequence[str], *, ledger: Ledger | None = None) -> tuple[str, ...]:
        """Warm up the cold ones of these models, which will be called in this order; gives those it began with.

        One is left cold for now when its server would have to drop a model that is answering, or that is called
        before it. Never waits; needs a running event loop.

        Raises:
            UnknownNameError: there is no such model.
            SettingsError: one that is needed can not be built.
        """
        before: list[str] = []
        begun: list[str] = []
        for model in dict.fromkeys(models):
            if self._residency.fits(model, keep=before) and self.prewarm(model, ledger=ledger):
                begun.append(model)
            before.append(model)
        return tuple(begun)

    def prewarm(self, model: str, *, ledger: Ledger | None = None) -> bool:
        """Begin to load a model; False when it is not cold, is being warmed up, or failed a moment ago.

        Raises as :meth:`upcoming`.
        """
        running = self._tasks.get(model)
        if running is not None and not running.done():
            return False
        if self._residency.state(model) != "cold" or not self._health.breaker(model).admits:
            return False
        chat = self._health.watched(self._get(model))
        booked = ledger is not None and chat.card.price != FREE
        call = _warm_up(Budgeted(chat, ledger) if booked and ledger else chat)
        self._tasks[model] = asyncio.get_running_loop().create_task(call, name=f"prewarm {model}")
        return True

    async def close(self) -> None:
        """Cancel what is under way, and wait until it has ended. Safe to call twice."""
        loop = asyncio.get_running_loop()
        tasks = [task for task in self._tasks.values() if not task.done() and task.get_loop() is loop]
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


async def _warm_up(model: ChatModel) -> None:
    try:
        await model.complete(_REQUEST)
    except CoreAgentError:
        # Health knows, where it tells of the endpoint; nobody waits for this call.
        return
