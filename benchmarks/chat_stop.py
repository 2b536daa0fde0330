"""From Ctrl-C to a stopped and kept answer, while a model does not answer and while a tool is stuck in its thread.

Run: ``python -m benchmarks.chat_stop`` (about a minute: the stuck tool keeps its thread to its end). The floor is
cancelling a task of the same loop.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from coreagent.conversations.records import Turn
from coreagent.conversations.store import ConversationStore
from coreagent.errors import CoreAgentError
from coreagent.events import Event, ModelFinished, PendingCall, ToolStarted
from coreagent.terminal.engine import open_engine
from coreagent.testing.openai_server import OpenAIServer
from coreagent.testing.replies import Stall
from coreagent.tui.approvals.ruling import Ruling
from coreagent.tui.chat.conversing import Conversing
from coreagent.tui.chat.keeping import Keeper
from coreagent.tui.seams.chat import Timed
from coreagent.tui.seams.engine import Engine

TOOL = '''
import time
from coreagent import tool

@tool
def probe(cell: str) -> str:
    """Probe the counters of a cell for a minute.

    Args:
        cell: name of the cell.
    """
    time.sleep(60)
    return "done"
'''
MODEL = """
[models."site/slow"]
adapter = "openai_compatible"
base_url = "{url}"
model = "slow"
roles = ["summarizer"]
placement = "site"
price = "free"

[routing.fixed]
summarizer = "site/slow"
"""


class Watching:
    """A listener that waits for one event."""

    def __init__(self, wanted: Callable[[Event], bool]) -> None:
        self._wanted = wanted
        self.seen = asyncio.Event()
        self.last: Turn | None = None

    def began(self, turn: Turn) -> None:
        """Nothing to show."""

    def heard(self, turn: Turn, timed: Timed) -> None:
        """Is it the one?"""
        if self._wanted(timed.event):
            self.seen.set()

    def settled(self, turn: Turn) -> None:
        """The turn is kept."""
        self.last = turn

    async def rule(self, turn: Turn, call: PendingCall) -> Ruling | None:
        """Nobody is there."""
        return None

    def refused(self, text: str, error: CoreAgentError) -> None:
        """A mistake of this script."""
        raise error

    def problem(self, error: CoreAgentError) -> None:
        """A mistake of this script."""
        raise error

    def crashed(self, error: BaseException) -> None:
        """A mistake of this script."""
        raise error


async def measure(config: Path, question: str, wanted: Callable[[Event], bool], repeats: int) -> list[float]:
    """Milliseconds from the wish to stop until the turn is kept as stopped."""
    store = ConversationStore(config.parent / "home" / "conversations.sqlite")
    engine = open_engine(config, config.parent / "home")
    keeper = Keeper(store)

    async def opened() -> Engine:
        return engine

    taken: list[float] = []
    for _ in range(repeats):
        watching = Watching(wanted)
        conversing = Conversing(
            store.new(),
            keeper=keeper,
            engine=opened,
            listener=watching,
        )
        conversing.ask(question)
        await asyncio.wait_for(watching.seen.wait(), 60)
        await asyncio.sleep(0.05)
        began = time.perf_counter()
        await conversing.stop()
        taken.append((time.perf_counter() - began) * 1_000)
        if watching.last is None or watching.last.state != "stopped":
            raise AssertionError(f"not stopped: {watching.last}")
    await engine.close()
    await keeper.close()
    return taken


def caller_is_done(event: Event) -> bool:
    """The slow model is asked next."""
    return isinstance(event, ModelFinished) and event.role == "caller"


def tool_has_begun(event: Event) -> bool:
    """It sleeps now."""
    return isinstance(event, ToolStarted)


async def floor(repeats: int) -> list[float]:
    """Cancelling a task that only sleeps."""
    taken: list[float] = []
    for _ in range(repeats):
        task = asyncio.ensure_future(asyncio.sleep(60))
        await asyncio.sleep(0)
        began = time.perf_counter()
        task.cancel()
        await asyncio.wait([task])
        taken.append((time.perf_counter() - began) * 1_000)
    return taken


def told(name: str, taken: list[float]) -> None:
    """Median and worst."""
    print(f"{name:<40} median {statistics.median(taken):7.2f} ms   worst {max(taken):7.2f} ms   n={len(taken)}")


async def run(repeats: int) -> None:
    """Both cases and the floor."""
    told("floor: cancel a task", await floor(repeats))
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "model" / "site.toml"
        config.parent.mkdir()
        async with OpenAIServer([Stall(60.0)] * (repeats * 3)) as server:
            config.write_text(MODEL.format(url=server.base_url), encoding="utf-8")
            told("a model that does not answer", await measure(config, "What is A1?", caller_is_done, repeats))
        config = Path(folder) / "tool" / "site.toml"
        config.parent.mkdir()
        (config.parent / "mine.py").write_text(TOOL, encoding="utf-8")
        config.write_text('[agent]\ntools = ["mine.py:probe"]\n', encoding="utf-8")
        asked = "Probe the counters of cell 33"
        told("a tool stuck in a thread", await measure(config, asked, tool_has_begun, 5))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=20)
    asyncio.run(run(parser.parse_args().repeats))


if __name__ == "__main__":
    main()
