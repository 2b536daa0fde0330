"""Conversations at size: search over 100,000 turns, opening a long one, and whether kill -9 loses a finished turn.

Run: ``python -m benchmarks.conversations`` (about two minutes; ``--turns 10000 --kills 5`` for a quick look).

The floor of the search is SQLite's own: the same words counted in the same index, without ranking, texts or excerpts.
"""

import argparse
import os
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from coreagent.conversations.records import Turn
from coreagent.conversations.store import ConversationStore

LONG = 2_000
WINDOW = 40
SEED = 7
COMMON = ("fronthaul", "latency", "cell", "handover", "alarm", "policy", "slice", "timing", "beam", "uplink")
QUERIES = (
    "fronthaul latency",
    "handover alarm pol",
    '"slice timing"',
    "cell",
    "word1234",
    "word77 beam",
    "nothinghere",
)
WRITER = """
import sys, pathlib
from coreagent.conversations.store import ConversationStore
store = ConversationStore(pathlib.Path(sys.argv[1]))
for number in range(1_000_000):
    turn = store.begin(sys.argv[2], f"question {number}")
    for part in range(3):
        store.note(turn.id, "half " * (part + 1))
    store.end(turn.id, "finished", text=f"answer {number}")
    print(turn.id, flush=True)
"""


def text(chance: random.Random, words: int) -> str:
    """So many words: some common ones, most from a vocabulary of 20,000."""
    return " ".join(
        chance.choice(COMMON) if chance.random() < 0.1 else f"word{chance.randrange(20_000)}" for _ in range(words)
    )


def fill(store: ConversationStore, turns: int) -> str:
    """A long conversation, and others of 20 turns each, up to ``turns`` in all; gives the id of the long one."""
    chance, first, made = random.Random(SEED), "", 0
    while made < turns:
        chat = store.new()
        size = min(LONG if not first else 20, turns - made)
        first = first or chat.id
        store.add(
            (
                chat,
                tuple(
                    Turn(
                        id=f"t{made + place}",
                        conversation=chat.id,
                        position=place,
                        question=text(chance, 12),
                        text=text(chance, 80),
                        state="finished",
                        asked_s=1e9 + made + place,
                        ended_s=1e9 + made + place + 1,
                    )
                    for place in range(size)
                ),
            )
        )
        made += size
    return first


def times_ms(work: Callable[[], object], repeats: int) -> list[float]:
    """How long each call took, in milliseconds."""
    taken: list[float] = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1_000)
    return taken


def told(name: str, taken: Sequence[float]) -> None:
    """Median and 95th percentile."""
    p95 = statistics.quantiles(taken, n=20)[-1]
    print(f"{name:<44} median {statistics.median(taken):8.2f} ms   p95 {p95:8.2f} ms   n={len(taken)}")


def measure_search(path: Path, turns: int, repeats: int) -> None:
    """Search and its floor, and the opening of the long conversation."""
    with ConversationStore(path) as store:
        began = time.perf_counter()
        long = fill(store, turns)
        print(f"filled with {turns:,} turns in {time.perf_counter() - began:.1f} s, {path.stat().st_size >> 20} MB")
        everything: list[float] = []
        for query in QUERIES:
            taken = times_ms(partial(store.search, query), repeats)
            told(f"search {query!r}, {len(store.search(query))} hits", taken)
            everything += taken
        told("search, all queries", everything)
        plain = sqlite3.connect(path)
        floor = times_ms(
            lambda: plain.execute("SELECT count(*) FROM words WHERE words MATCH ?", ("cell",)).fetchone(), repeats
        )
        plain.close()
        told("floor: count of 'cell' in the index", floor)
        told(f"last {WINDOW} turns of {LONG:,}", times_ms(lambda: store.turns(long, limit=WINDOW), repeats))
        told(f"all {LONG:,} turns", times_ms(lambda: store.turns(long), max(5, repeats // 10)))


def lost_by_kill(path: Path, chance: random.Random) -> tuple[int, int, int]:
    """Finished turns that were told, of those the ones that are not there, and turns cut short."""
    with ConversationStore(path) as store:
        chat = store.new().id
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), chat], stdout=subprocess.PIPE, text=True, bufsize=1
        )
        assert writer.stdout is not None
        first = writer.stdout.readline().strip()
        time.sleep(chance.uniform(0.0, 0.5))
        os.kill(writer.pid, signal.SIGKILL)
        # A last line may have been cut by the kill.
        finished = [
            first,
            *(line.strip() for line in writer.stdout.read().splitlines(keepends=True) if line[-1] == "\n"),
        ]
        writer.wait()
        kept = {turn.id: turn.state for turn in store.turns(chat)}
        lost = sum(kept.get(turn) != "finished" for turn in finished)
        return len(finished), lost, sum(state == "stopped" for state in kept.values())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=50)
    parser.add_argument("--kills", type=int, default=20)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure_search(Path(folder) / "search.sqlite", chosen.turns, chosen.repeats)
        chance = random.Random(SEED)
        outcomes = [lost_by_kill(Path(folder) / "kill.sqlite", chance) for _ in range(chosen.kills)]
        finished, lost, cut = (sum(values) for values in zip(*outcomes, strict=True))
        print(
            f"kill -9 x {chosen.kills}: {finished} turns had finished, {lost} lost, {cut} cut short and kept as stopped"
        )


if __name__ == "__main__":
    main()
