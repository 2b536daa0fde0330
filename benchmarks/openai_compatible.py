"""What the direct client costs above bare aiohttp, against a local server without latency.

Run: ``python benchmarks/openai_compatible.py`` (about 15 seconds; ``--quick`` for three).

The server runs in a process of its own and answers with bytes made beforehand, so that the client is what is measured.
Bare means: post, read, ``json.loads``, look the text up; for streams the same for each event.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable

import aiohttp
from benchmarks.floor_server import serve_forever

from coreagent.messages import Message
from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatRequest, TextDelta
from coreagent.models.openai_compatible import OpenAICompatibleModel
from coreagent.testing.replies import chunk_bodies, completion_body

CONCURRENCY = 64
CHUNKS = 200
QUESTION = "Which interface carries A1 policies, and between which components?"
BODY = {
    "model": "echo",
    "messages": [{"role": "user", "content": QUESTION}],
    "temperature": 0.0,
    "max_tokens": 256,
}
REQUEST = ChatRequest(messages=(Message.user(QUESTION),), max_tokens=256)
CARD = ModelCard(name="echo", adapter="openai_compatible", model="echo")
USAGE = {"prompt_tokens": 12, "completion_tokens": 34, "total_tokens": 46}


def canned() -> tuple[bytes, bytes]:
    """A whole answer and a streamed one, as bytes on the wire."""
    body = json.dumps({**completion_body("A1, between the non-RT RIC and the near-RT RIC.", "echo"), "usage": USAGE})
    whole = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    chunks = chunk_bodies(" ".join(f"word{number}" for number in range(CHUNKS)), "echo")
    chunks.append({**chunks[-1], "choices": [], "usage": USAGE})
    events = [f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks] + [b"data: [DONE]\n\n"]
    framed = b"".join(f"{len(event):x}\r\n".encode() + event + b"\r\n" for event in events) + b"0\r\n\r\n"
    stream = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n" + framed
    return whole, stream


async def serve() -> None:
    """The server process: prints its port, serves until killed."""
    whole, stream = canned()
    await serve_forever(lambda body: stream if b'"stream":true' in body else whole)


async def per_second(call: Callable[[], Awaitable[None]], seconds: float) -> float:
    """Calls each second with ``CONCURRENCY`` workers."""
    done = 0
    stop = time.perf_counter() + seconds

    async def worker() -> None:
        nonlocal done
        while time.perf_counter() < stop:
            await call()
            done += 1

    started = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(CONCURRENCY)))
    return done / (time.perf_counter() - started)


async def bare_complete(session: aiohttp.ClientSession, url: str) -> None:
    """The floor of one call."""
    async with session.post(url, json=BODY) as response:
        answer = json.loads(await response.read())
        assert answer["choices"][0]["message"]["content"]


async def bare_stream(session: aiohttp.ClientSession, url: str) -> None:
    """The floor of one streamed call."""
    body = json.dumps({**BODY, "stream": True}, separators=(",", ":")).encode()
    pieces = 0
    async with session.post(url, data=body, headers={"Content-Type": "application/json"}) as response:
        async for line in response.content:
            if line.startswith(b"data: ") and not line.startswith(b"data: [DONE]"):
                choices = json.loads(line[6:])["choices"]
                pieces += bool(choices and choices[0]["delta"].get("content"))
    assert pieces == CHUNKS


async def measure(port: int, seconds: float, rounds: int) -> None:
    """Take turns, so that whatever else the machine does hits both alike; print the medians."""
    base_url = f"http://127.0.0.1:{port}/v1"
    url = f"{base_url}/chat/completions"
    model = OpenAICompatibleModel(CARD, base_url=base_url, max_concurrency=CONCURRENCY)

    async def ours_complete() -> None:
        assert (await model.complete(REQUEST)).text

    async def ours_stream() -> None:
        pieces = 0
        async for chunk in model.stream(REQUEST):
            pieces += isinstance(chunk, TextDelta)
        assert pieces == CHUNKS

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONCURRENCY)) as session:
        cases: dict[str, Callable[[], Awaitable[None]]] = {
            "bare call": lambda: bare_complete(session, url),
            "our call": ours_complete,
            "bare stream": lambda: bare_stream(session, url),
            "our stream": ours_stream,
        }
        rates: dict[str, list[float]] = {name: [] for name in cases}
        for call in cases.values():
            await per_second(call, seconds / 4)
        for _ in range(rounds):
            for name, call in cases.items():
                rates[name].append(await per_second(call, seconds))
    await model.close()
    median = {name: statistics.median(values) for name, values in rates.items()}
    per_chunk_us = {name: 1e6 / (median[name] * CHUNKS) for name in ("bare stream", "our stream")}
    print(f"concurrency {CONCURRENCY}, Python {sys.version.split()[0]}, aiohttp {aiohttp.__version__}")
    print(f"calls:  bare {median['bare call']:,.0f}/s, ours {median['our call']:,.0f}/s", end="")
    print(f" = {median['our call'] / median['bare call']:.0%} of bare (aim: at least 50 %)")
    print(
        f"stream: bare {per_chunk_us['bare stream']:.1f} us a chunk, ours {per_chunk_us['our stream']:.1f} us", end=""
    )
    print(f" = {per_chunk_us['our stream'] / per_chunk_us['bare stream']:.2f}x bare (aim: at most 2x)")


async def run(seconds: float, rounds: int) -> None:
    """Start the server process, measure, stop it."""
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.openai_compatible", "--serve", stdout=asyncio.subprocess.PIPE
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
        asyncio.run(run(0.5, 1) if options.quick else run(0.7, 5))


if __name__ == "__main__":
    main()
