"""Checkpoints in SQLite that stay small.

LangGraph keeps every superstep of every thread for ever, which cost users gigabytes. A run here needs its newest
checkpoint to go on after a crash and none once it has ended, so older ones are deleted on the way and a finished
run's all together. Only types of this package's state can be read back (no arbitrary class is ever imported).
"""

import dataclasses
import sqlite3
import typing
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.types import Send

from coreagent.errors import RunError
from coreagent.events import PendingCall
from coreagent.graphs.state import CoreState
from coreagent.labels import Sensitivity

PRUNE_EVERY = 8


class LeanSqliteSaver(AsyncSqliteSaver):
    """Keeps the newest checkpoints of a thread only, at most ``PRUNE_EVERY`` + 1 of them."""

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Save, and now and then delete what an older superstep left."""
        saved = await super().aput(config, checkpoint, metadata, new_versions)
        if metadata.get("step", 0) % PRUNE_EVERY == 0 and metadata.get("step", 0) > 0:
            await self._prune(saved)
        return saved

    async def _prune(self, newest: RunnableConfig) -> None:
        where = newest.get("configurable", {})
        key = (where["thread_id"], where["checkpoint_ns"], where["checkpoint_id"])
        async with self.lock, self.conn.cursor() as cursor:
            for table in ("checkpoints", "writes"):
                await cursor.execute(
                    f"DELETE FROM {table} WHERE thread_id = ? AND checkpoint_ns = ? AND checkpoint_id < ?", key
                )
            await self.conn.commit()


@asynccontextmanager
async def open_checkpoints(path: Path, *, extra_types: tuple[type, ...] = ()) -> AsyncGenerator[LeanSqliteSaver]:
    """The checkpoint file, made when missing.

    ``extra_types`` are dataclasses of states other than this package's that may be read back.

    Raises:
        RunError: it can not be opened or written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        async with aiosqlite.connect(path) as connection:
            # The default WAL grows to 4 MB before it is folded in; a run's state is a few kilobytes.
            await connection.execute("PRAGMA journal_mode=WAL")
            await connection.execute("PRAGMA synchronous=NORMAL")
            await connection.execute("PRAGMA wal_autocheckpoint=128")
            await connection.execute("PRAGMA busy_timeout=10000")
            saver = LeanSqliteSaver(connection, serde=serializer(extra_types))
            await saver.setup()
            yield saver
    except (sqlite3.Error, OSError) as error:
        raise RunError(
            f"the checkpoints at {path} can not be used: {error}",
            mend="Check that the folder is writable and the disk not full, or set COREAGENT_HOME to another folder.",
        ) from error


class StateSerializer(JsonPlusSerializer):
    """LangGraph's serializer for our frozen values: msgpack knows no tuples, so they are restored after reading."""

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        """Read back; the fields of dataclasses are tuples again, as they were written."""
        return _restore(super().loads_typed(data))


def serializer(extra_types: tuple[type, ...] = ()) -> StateSerializer:
    """Reads back the dataclasses that the state is made of, and nothing else."""
    types = {PendingCall, Sensitivity, *extra_types, *state_types(CoreState)}
    return StateSerializer(allowed_msgpack_modules=[(kind.__module__, kind.__name__) for kind in types])


def _restore(value: Any) -> Any:
    if isinstance(value, dict):
        for item in value.values():
            _restore(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _restore(item)
    elif isinstance(value, Send):
        _restore(value.arg)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            inner = _restore(getattr(value, field.name))
            if isinstance(inner, list):
                object.__setattr__(value, field.name, tuple(inner))
    return value


def state_types(schema: type) -> frozenset[type]:
    """Every dataclass reachable from the fields of a typed dict or dataclass."""
    found: set[type] = set()
    for hint in typing.get_type_hints(schema).values():
        _collect(hint, found)
    return frozenset(found)


def _collect(hint: Any, found: set[type]) -> None:
    for part in _parts(hint):
        if isinstance(part, type) and dataclasses.is_dataclass(part) and part not in found:
            found.add(part)
            for inner in typing.get_type_hints(part).values():
                _collect(inner, found)


def _parts(hint: Any) -> Iterator[Any]:
    yield hint
    for argument in typing.get_args(hint):
        yield from _parts(argument)
