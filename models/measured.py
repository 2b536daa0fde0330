"""What models did: how fast they answered, how much they wrote, and what their servers put through in all.

Every finished call is taken in, in memory and without touching the disk; :meth:`Measurements.save` adds what is new
to a file that later runs read. A killed process loses what it had not saved: these are figures to plan with, no
account.
"""

import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from coreagent.models.chat import ChatModel, ChatRequest, Chunk, Completion
from coreagent.models.measurement import Measurement
from coreagent.models.wrapper import WrappedModel, closing_stream
from coreagent.runs.database import Schema, explained, open_database, transaction

_OUTLIER = 4.0
"""A call that took this many times what was expected counts as this: one that hung must not rule the next fifty."""

_COLUMNS = tuple(entry.name for entry in fields(Measurement))
_SCHEMA = Schema(
    "file of measurements",
    1,
    f"CREATE TABLE measured (model TEXT PRIMARY KEY, {', '.join(f'{name} REAL NOT NULL' for name in _COLUMNS)})"
    " WITHOUT ROWID",
)
_SELECT = f"SELECT model, {', '.join(_COLUMNS)} FROM measured"
_UPSERT = f"INSERT OR REPLACE INTO measured VALUES ({', '.join('?' * (len(_COLUMNS) + 1))})"


@dataclass(slots=True)
class _Running:
    """Calls of one model in flight, and since when their time is not counted yet."""

    count: int = 0
    since: float = 0.0


class Measurements:
    """Of all models, by name. Several processes may save to one file; none loses what another one measured.

    Not safe across threads. Without a path nothing is kept.
    """

    def __init__(self, path: Path | None = None, *, now: Callable[[], float] = time.monotonic) -> None:
        """Opens nothing yet; a file that is not there is made by the first :meth:`save`."""
        self._path = path
        self._now = now
        self._saved: dict[str, Measurement] | None = None
        self._new: dict[str, Measurement] = {}
        self._running: dict[str, _Running] = {}

    def known(self) -> dict[str, Measurement]:
        """Everything measured so far, by model.

        Raises:
            RunError: the file can not be read.
        """
        saved = self._load()
        return {name: self.of(name) for name in {**saved, **self._new}}

    def of(self, model: str) -> Measurement:
        """What is known of one model. Raises as :meth:`known`."""
        saved, new = self._load().get(model, Measurement()), self._new.get(model)
        return saved.after(new) if new else saved

    def time(self) -> float:
        """Seconds on the clock that calls are measured with."""
        return self._now()

    def begin(self, model: str) -> float:
        """A call begins; gives its time, for :meth:`end`."""
        running, at = self._running.setdefault(model, _Running()), self._now()
        if not running.count:
            running.since = at
        running.count += 1
        return at

    def end(self, model: str, began: float, completion: Completion | None, *, first_token: float | None = None) -> None:
        """A call that :meth:`begin` announced is over; None: it failed, or nothing was asked, and does not count.

        ``first_token`` is the time of the first piece of a stream, on the clock of ``begin``.
        """
        running, at = self._running[model], self._now()
        running.count -= 1
        if completion is None or completion.replayed:
            # Its time is that of the calls beside it, and nobody's without any.
            return
        busy_s, running.since = at - running.since, at
        points = [(float(completion.usage.output_tokens), self._believed(model, completion, at - began))]
        if first_token is not None:
            points.append((0.0, first_token - began))
        one = Measurement(
            calls=1,
            weight=1.0,
            written=completion.usage.output_tokens,
            busy_s=busy_s,
            points=len(points),
            x=sum(x for x, _ in points),
            y=sum(y for _, y in points),
            xx=sum(x * x for x, _ in points),
            xy=sum(x * y for x, y in points),
        )
        self._new[model] = self._new.get(model, Measurement()).after(one)

    def _believed(self, model: str, completion: Completion, seconds: float) -> float:
        known = self.of(model)
        if not known.enough or (latency := known.latency) is None:
            return seconds
        expected_s = latency.total_s(completion.usage.output_tokens)
        return min(seconds, _OUTLIER * expected_s) if expected_s > 0 else seconds

    def save(self) -> None:
        """Add what is new to the file, after what other processes added meanwhile. Safe to call often.

        Raises:
            RunError: the file can not be written; nothing is lost, and the next call tries again.
        """
        if self._path is None or not self._new:
            return
        with (
            explained(self._path, _SCHEMA),
            closing(open_database(self._path, _SCHEMA, synchronous="NORMAL")) as file,
            transaction(file),
        ):
            merged = _read(file)
            for name, new in self._new.items():
                merged[name] = merged.get(name, Measurement()).after(new)
                file.execute(_UPSERT, (name, *astuple(merged[name])))
        self._saved, self._new = merged, {}

    def _load(self) -> dict[str, Measurement]:
        if self._saved is None:
            self._saved = {}
            if self._path is not None and self._path.exists():
                with (
                    explained(self._path, _SCHEMA),
                    closing(open_database(self._path, _SCHEMA, synchronous="NORMAL")) as file,
                ):
                    self._saved = _read(file)
        return self._saved


def _read(file: sqlite3.Connection) -> dict[str, Measurement]:
    return {row[0]: Measurement(int(row[1]), *row[2:]) for row in file.execute(_SELECT)}


class Measured(WrappedModel):
    """A model whose calls are measured. Put it right around the endpoint, below retries and stores of answers."""

    def __init__(self, inner: ChatModel, measurements: Measurements) -> None:
        super().__init__(inner)
        self._measurements = measurements

    async def complete(self, request: ChatRequest) -> Completion:
        """Answer in one piece, and measure it. Raises what the model inside raises."""
        name = self.card.name
        began = self._measurements.begin(name)
        try:
            completion = await self.inner.complete(request)
        except BaseException:
            self._measurements.end(name, began, None)
            raise
        self._measurements.end(name, began, completion)
        return completion

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Answer piece by piece, and measure it; one that was left early does not count. Raises as :meth:`complete`."""
        name, completion, first_token = self.card.name, None, None
        began = self._measurements.begin(name)
        try:
            async with closing_stream(self.inner, request) as chunks:
                async for chunk in chunks:
                    if isinstance(chunk, Completion):
                        completion = chunk
                    elif first_token is None:
                        first_token = self._measurements.time()
                    yield chunk
        finally:
            self._measurements.end(name, began, completion, first_token=first_token)
