"""What choosing among endpoints adds to a call, against a bare endpoint without latency.

Run: ``python -m benchmarks.routing.dispatch`` (about 30 seconds; ``--quick`` for three).

The floor is one call of the direct client to a local server in a process of its own that answers with bytes made
beforehand. What is measured is processor time of the calling process, as waiting says nothing of the client; the cases
take turns, so that whatever else the machine does hits all alike, and each figure is the median of the rounds. The
overhead alone is measured once more around a model in this process that answers at once.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator

from benchmarks.floor_server import serve_forever

from coreagent.messages import Message
from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatModel, ChatRequest, Chunk, Completion
from coreagent.models.dispatch.dispatched import Dispatched
from coreagent.models.dispatch.endpoint import Endpoint
from coreagent.models.openai_compatible import OpenAICompatibleModel
from coreagent.testing.replies import completion_body

CONCURRENCY = 64
CARD = ModelCard(name="echo", adapter="openai_compatible", model="echo")
REQUEST = ChatRequest(messages=(Message.user("Which interface carries A1 policies?"),), max_tokens=256)
ANSWER = Completion(text="A1", model="echo")


class AtOnce:
    """Answers without doing anything."""

    card = CARD

    async def complete(self, request: ChatRequest) -> Completion:
        """The answer."""
        del request
        return ANSWER

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """The answer in one piece."""
        yield await self.complete(request)

    async def close(self) -> None:
        """Nothing to give back."""


async def serve() -> None:
    """The server process: prints its port, serves until killed."""
    body = json.dumps(completion_body("A1", "echo"))
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    await serve_forever(lambda _: (head + body).encode())


def dispatched(models: list[ChatModel]) -> Dispatched:
    """Over these, each an endpoint of its own."""
    return Dispatched([Endpoint(model, address=f"e{number}") for number, model in enumerate(models)])


async def us_a_call(model: ChatModel, seconds: float, workers: int) -> float:
    """Processor time of this process for each call, with so many workers at once."""
    done = 0
    stop = time.perf_counter() + seconds

    async def worker() -> None:
        nonlocal done
        while time.perf_counter() < stop:
            for _ in range(16):
                await model.complete(REQUEST)
            done += 16

    started = time.process_time()
    await asyncio.gather(*(worker() for _ in range(workers)))
    return (time.process_time() - started) / done * 1e6


async def medians(cases: dict[str, ChatModel], seconds: float, rounds: int, workers: int) -> dict[str, float]:
    """Median of the rounds for each case; the first one of each is thrown away."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(rounds + 1):
        for name, model in cases.items():
            measured = await us_a_call(model, seconds / 4 if number == 0 else seconds, workers)
            if number:
                times[name].append(measured)
    return {name: statistics.median(values) for name, values in times.items()}


async def measure(port: int, seconds: float, rounds: int) -> None:
    """Print floor, overhead and their ratios."""
    inside = await medians(
        {"bare": AtOnce(), "1": dispatched([AtOnce()]), "3": dispatched([AtOnce() for _ in range(3)])},
        seconds / 4,
        rounds,
        1,
    )

    def client() -> ChatModel:
        return OpenAICompatibleModel(CARD, base_url=f"http://127.0.0.1:{port}/v1", max_concurrency=CONCURRENCY)

    over: dict[str, ChatModel] = {
        "bare": client(),
        "1": dispatched([client()]),
        "3": dispatched([client() for _ in range(3)]),
    }
    print(f"Python {sys.version.split()[0]}, median of {rounds} rounds of {seconds:g} s")
    for workers in (1, CONCURRENCY):
        found = await medians(over, seconds, rounds, workers)
        print(f"{workers} at once: floor {found['bare']:.0f} us a call", end="")
        for name in ("1", "3"):
            alone = inside[name] - inside["bare"]
            print(
                f"; {name} endpoint{'s' if name != '1' else ''}: {found[name] / found['bare']:.3f} x the floor,"
                f" overhead alone {alone:.1f} us = {alone / found['bare']:.1%} of it",
                end="",
            )
        print()
    for model in over.values():
        await model.close()


async def run(seconds: float, rounds: int) -> None:
    """Start the server process, measure, stop it."""
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.routing.dispatch", "--serve", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert server.stdout is not None
        await measure(int(await server.stdout.readline()), seconds, rounds)
    finally:
        server.kill()
        await server.wait()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve())
    else:
        asyncio.run(run(0.3, 1) if options.quick else run(0.5, 7))


if __name__ == "__main__":
    main()
