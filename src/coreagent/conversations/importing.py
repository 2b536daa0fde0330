"""Taking in conversations from a file: the whole file, or nothing of it."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from coreagent.conversations.interchange import FORMAT, VERSION
from coreagent.conversations.joining import new_conversation
from coreagent.conversations.records import Conversation, Turn
from coreagent.conversations.shapes import from_plain
from coreagent.conversations.turns import new_turn_id
from coreagent.errors import InputError

MAX_LINE_BYTES = 64 * 2**20
"""A longer line is refused: no turn comes near it."""

_LATEST_S = 253_402_300_799.0
"""The end of the year 9999."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_AGAIN = "Export the conversation again."


@dataclass(frozen=True, slots=True)
class Imported:
    """A conversation that was read: how many of its turns were added, and how many were here already."""

    conversation: Conversation
    added: int
    known: int


Parcel = tuple[Conversation, tuple[Turn, ...]]
"""A conversation with all its turns, in order."""


class Receiver(Protocol):
    """Where conversations are taken in; ``ConversationStore`` is one."""

    def add(self, *parcels: tuple[Conversation, Sequence[Turn]]) -> tuple[tuple[int, int], ...]:
        """Add all or none; gives for each how many turns were added and how many were here."""
        ...


def import_into(store: Receiver, path: Path, *, as_copy: bool = False) -> tuple[Imported, ...]:
    """Take in all conversations of a file, or none.

    What is here already is left as it is, so that a file may be imported again; ``as_copy`` makes a new conversation
    of each, with ids of its own.

    Raises:
        InputError: the file is not what it should be; the line is named. Or a conversation went on differently here.
        RunError: the store can not be written.
    """
    parcels = tuple(map(_copied, read_jsonl(path))) if as_copy else read_jsonl(path)
    counts = store.add(*parcels)
    return tuple(
        Imported(conversation, added, known) for (conversation, _), (added, known) in zip(parcels, counts, strict=True)
    )


def read_jsonl(path: Path) -> tuple[Parcel, ...]:
    """Read and check a whole file.

    Raises:
        InputError: it can not be read, is of another kind or a newer version, ends too early, or a line is wrong.
    """
    try:
        with path.open("rb") as file:
            return tuple(_parcels(path, file))
    except OSError as error:
        raise InputError(f"{path}: can not be read: {error.strerror}", mend="Name a file of chats export.") from error


def _parcels(path: Path, file: BinaryIO) -> Iterator[Parcel]:
    conversation: Conversation | None = None
    turns: list[Turn] = []
    expected, line, headed = 0, 0, False
    for line, table in _lines(path, file):
        if "format" in table:
            _check_format(path, line, table)
            headed = True
        elif not headed:
            raise _wrong(path, line, f"a file of conversations begins with a line about its format, {FORMAT}")
        elif "turn" in table and conversation is not None and len(turns) < expected:
            turns.append(_turn(path, line, table["turn"], conversation, turns))
        elif "conversation" in table and len(turns) == expected:
            if conversation is not None:
                yield conversation, tuple(turns)
            conversation, expected = _conversation(path, line, table)
            turns = []
        else:
            raise _wrong(path, line, "this line is not in its place")
    if not headed or len(turns) < expected:
        left = f", {expected - len(turns)} turns are missing" if headed else ""
        raise _wrong(path, line + 1, f"the file ends too early{left}", mend=_AGAIN)
    if conversation is not None:
        yield conversation, tuple(turns)


def _lines(path: Path, file: BinaryIO) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    while data := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(data) > MAX_LINE_BYTES:
            raise _wrong(path, number, f"the line is longer than {MAX_LINE_BYTES >> 20} MB")
        try:
            value: Any = json.loads(data.decode("utf-8-sig" if number == 1 else "utf-8"))
        except UnicodeDecodeError:
            raise _wrong(path, number, "this is no UTF-8 text") from None
        except RecursionError:
            raise _wrong(path, number, "it is nested too deeply") from None
        except ValueError as error:
            if not data.endswith(b"\n"):
                raise _wrong(path, number, "the file breaks off in the middle of this line", mend=_AGAIN) from None
            raise _wrong(path, number, f"this is no JSON: {error}") from None
        if not isinstance(value, dict):
            raise _wrong(path, number, "this is no JSON object")
        yield number, cast("dict[str, Any]", value)


def _check_format(path: Path, line: int, table: dict[str, Any]) -> None:
    version = table.get("version")
    if table["format"] != FORMAT or not isinstance(version, int) or version < 1:
        raise _wrong(path, line, f"this is not the format {FORMAT}")
    if version > VERSION:
        raise _wrong(
            path,
            line,
            f"the file was made by a newer coreagent (format {version}, this one knows {VERSION})",
            mend="Upgrade coreagent, or export it again with this version.",
        )


def _conversation(path: Path, line: int, table: dict[str, Any]) -> tuple[Conversation, int]:
    conversation: Conversation = _read(path, line, Conversation, table["conversation"])
    expected = table.get("turn_lines")
    if not isinstance(expected, int) or isinstance(expected, bool) or expected < 0:
        raise _wrong(path, line, "turn_lines is no count")
    _check(path, line, conversation.id, conversation.created_s, conversation.updated_s)
    return conversation, expected


def _turn(path: Path, line: int, value: Any, conversation: Conversation, before: list[Turn]) -> Turn:
    turn: Turn = _read(path, line, Turn, value)
    _check(path, line, turn.id, turn.asked_s, turn.ended_s)
    if turn.conversation != conversation.id:
        raise _wrong(path, line, "the turn is of another conversation")
    last = (before[-1].position, before[-1].version) if before else (-1, 0)
    if (turn.position, turn.version) not in ((last[0] + 1, 0), (last[0], last[1] + 1)):
        raise _wrong(path, line, f"turn {turn.position}, version {turn.version}, does not follow the one before")
    # Its process is not here.
    return replace(turn, state="stopped") if turn.state == "running" else turn


def _check(path: Path, line: int, name: str, *times_s: float) -> None:
    if not _ID.fullmatch(name) or name == "last":
        raise _wrong(path, line, f"{name[:80]!r} can not be an id")
    if not all(0 <= moment <= _LATEST_S for moment in times_s):
        raise _wrong(path, line, "a time is not one of this age")


def _read(path: Path, line: int, kind: type[Any], value: Any) -> Any:
    try:
        return from_plain(kind, value)
    except (ValueError, RecursionError) as error:
        raise _wrong(path, line, str(error)) from None


def _copied(parcel: Parcel) -> Parcel:
    conversation, turns = parcel
    copy = replace(conversation, id=new_conversation(conversation.created_s).id)
    return copy, tuple(replace(turn, id=new_turn_id(), conversation=copy.id) for turn in turns)


def _wrong(path: Path, line: int, words: str, *, mend: str = "") -> InputError:
    return InputError(f"{path}:{line}: {words}", mend=mend or "Nothing was imported. Name a file of chats export.")
