"""Checkpoints in SQLite that stay small.

LangGraph keeps every superstep of every thread for ever, which cost users gigabytes. A run here needs its newest
checkpoint to go on after a crash and none once it has ended, so older ones are deleted on the way and a finished
run's all together. Only types of this package's state can be read back (no arbitrary class is ever imported).
"""

import asyncio
import dataclasses
import sqlite3
import typing
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, TypeGuard, cast

import aiosqlite
import ormsgpack
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import WRITES_IDX_MAP, ChannelVersions, Checkpoint, CheckpointMetadata
from langgraph.checkpoint.serde.jsonplus import (
    EXT_CONSTRUCTOR_KW_ARGS,
    EXT_CONSTRUCTOR_POS_ARGS,
    EXT_CONSTRUCTOR_SINGLE_ARG,
    JsonPlusSerializer,
)
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.types import Send

from coreagent.errors import RunError
from coreagent.events import PendingCall
from coreagent.graphs.state import CoreState
from coreagent.labels import Sensitivity
from coreagent.models.wire import is_list, is_object
from coreagent.write_ahead import prepare_write_ahead_log

PRUNE_EVERY = 4
BUSY_TIMEOUT_S = 10.0
_INTO_WRITES = (
    "INTO writes (thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, value)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
# As LangGraph packs: what is not said to pass through would be written as plain maps and numbers.
_PACKING = (
    ormsgpack.OPT_NON_STR_KEYS
    | ormsgpack.OPT_PASSTHROUGH_DATACLASS
    | ormsgpack.OPT_PASSTHROUGH_DATETIME
    | ormsgpack.OPT_PASSTHROUGH_ENUM
    | ormsgpack.OPT_PASSTHROUGH_UUID
    | ormsgpack.OPT_REPLACE_SURROGATES
)


class LeanSqliteSaver(AsyncSqliteSaver):
    """Keeps the newest checkpoints of a thread only, at most ``PRUNE_EVERY`` + 1 of them.

    Each call to the connection is a trip to its thread and back, so no cursors are opened and closed here.
    """

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

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Save what one step of a run wrote, as the inherited method does in twice as many trips."""
        where = config.get("configurable", {})
        key = (where["thread_id"], where["checkpoint_ns"], where["checkpoint_id"], task_id, task_path)
        rows = [
            (*key, WRITES_IDX_MAP.get(channel, number), channel, *self.serde.dumps_typed(value))
            for number, (channel, value) in enumerate(writes)
        ]
        special = all(channel in WRITES_IDX_MAP for channel, _ in writes)
        async with self.lock:
            await self.conn.executemany(f"INSERT OR {'REPLACE' if special else 'IGNORE'} {_INTO_WRITES}", rows)
            await self.conn.commit()

    async def _prune(self, newest: RunnableConfig) -> None:
        where = newest.get("configurable", {})
        key = (where["thread_id"], where["checkpoint_ns"], where["checkpoint_id"])
        await self._delete("thread_id = ? AND checkpoint_ns = ? AND checkpoint_id < ?", key)

    async def adelete_thread(self, thread_id: str) -> None:
        """Forget a run."""
        await self._delete("thread_id = ?", (thread_id,))

    async def _delete(self, condition: str, values: tuple[str, ...]) -> None:
        async with self.lock:
            for table in ("checkpoints", "writes"):
                await self.conn.execute_fetchall(f"DELETE FROM {table} WHERE {condition}", values)
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
        await asyncio.to_thread(prepare_write_ahead_log, path, wait_s=BUSY_TIMEOUT_S)
        connecting = aiosqlite.connect(path)
        # Else a script that ends without closing would wait for this thread for ever. Everything is committed as it
        # comes, so nothing is lost with it.
        connecting._thread.daemon = True  # pyright: ignore[reportPrivateUsage]
        async with connecting as connection:
            # The default WAL grows to 4 MB before it is folded in; a run's state is a few kilobytes.
            await connection.execute("PRAGMA synchronous=NORMAL")
            await connection.execute("PRAGMA wal_autocheckpoint=128")
            await connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_S * 1000:.0f}")
            saver = LeanSqliteSaver(connection, serde=serializer(extra_types))
            await saver.setup()
            yield saver
    except (sqlite3.Error, OSError) as error:
        raise RunError(
            f"the checkpoints at {path} can not be used: {error}",
            mend=_mend(error, path),
        ) from error


def _mend(error: Exception, path: Path) -> str:
    if str(getattr(error, "sqlite_errorname", "")).startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return f"Move the file away (mv {path} {path}.broken): a new one is made, but stopped runs can not go on."
    return "Check that the folder is writable and the disk not full, or set COREAGENT_HOME to another folder."


class StateSerializer(JsonPlusSerializer):
    """LangGraph's serializer for our frozen values: msgpack knows no tuples, so they are restored after reading.

    Writing gives the same bytes, in a quarter of the time: LangGraph first asks of each value whether it looks like one
    of a dozen other kinds, and nearly all of ours are dataclasses.
    """

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        """Write; dataclasses, enumerations and sends directly, anything else as LangGraph does."""
        if obj is None or isinstance(obj, (bytes, bytearray)):
            return super().dumps_typed(obj)
        return "msgpack", self._pack(obj)

    def _pack(self, obj: Any) -> bytes:
        return ormsgpack.packb(obj, default=self._extension, option=_PACKING)

    def _extension(self, obj: Any) -> Any:
        kind: type[Any] = obj.__class__
        if dataclasses.is_dataclass(kind):
            values = {name: getattr(obj, name) for name in _field_names(kind)}
            return ormsgpack.Ext(EXT_CONSTRUCTOR_KW_ARGS, self._pack((kind.__module__, kind.__name__, values)))
        if isinstance(obj, Enum):
            return ormsgpack.Ext(EXT_CONSTRUCTOR_SINGLE_ARG, self._pack((kind.__module__, kind.__name__, obj.value)))
        if kind is Send and obj.timeout is None:
            return ormsgpack.Ext(
                EXT_CONSTRUCTOR_POS_ARGS, self._pack((kind.__module__, kind.__name__, (obj.node, obj.arg)))
            )
        packed = super().dumps_typed(obj)[1]
        return ormsgpack.unpackb(packed, ext_hook=ormsgpack.Ext, option=ormsgpack.OPT_NON_STR_KEYS)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        """Read back; the fields of dataclasses are tuples again, as they were written."""
        return _restore(super().loads_typed(data))


def serializer(extra_types: tuple[type, ...] = ()) -> StateSerializer:
    """Reads back the dataclasses that the state is made of, and nothing else."""
    types = {PendingCall, Sensitivity, *extra_types, *state_types(CoreState)}
    return StateSerializer(allowed_msgpack_modules=[(kind.__module__, kind.__name__) for kind in types])


def _restore(value: Any) -> Any:
    if is_object(value):
        for entry in value.values():
            _restore(entry)
    elif is_list(value) or _is_tuple(value):
        for item in value:
            _restore(item)
    elif isinstance(value, Send):
        _restore(value.arg)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for name in _field_names(value.__class__):
            inner = _restore(getattr(value, name))
            if is_list(inner):
                object.__setattr__(value, name, tuple(inner))
    return cast(Any, value)


def _is_tuple(value: Any) -> TypeGuard[tuple[Any, ...]]:
    return isinstance(value, tuple)


@cache
def _field_names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


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
