"""Reading conversations and turns, each found or an error in words."""

import sqlite3

from coreagent.conversations.database import (
    CONVERSATION_COLUMNS,
    FROM_TURNS,
    LISTED,
    TURN_COLUMNS,
    conversation_from_row,
    turn_from_row,
)
from coreagent.conversations.records import Conversation, Turn
from coreagent.errors import InputError, UnknownNameError
from coreagent.runs.database import storable

MAX_RECALLED_CHARS = 20_000
"""Longer questions are pasted texts, which nobody looks for in a history."""
_NEWEST_FIRST = f"SELECT {CONVERSATION_COLUMNS} FROM conversations WHERE {LISTED} ORDER BY updated DESC, number DESC"


def no_such_conversation(name: str, known: tuple[str, ...] = ()) -> UnknownNameError:
    """The error for a conversation that is not there."""
    return UnknownNameError("conversation", name, known, mend="List the conversations: coreagent chats list.")


def no_such_turn(turn_id: str) -> UnknownNameError:
    """The error for a turn that is not there."""
    mend = "Its conversation was deleted, perhaps by another process: go on in another one."
    return UnknownNameError("turn", turn_id, (), mend=mend)


def list_conversations(connection: sqlite3.Connection, *, limit: int, offset: int = 0) -> tuple[Conversation, ...]:
    """The last used first, without empty ones."""
    rows = connection.execute(f"{_NEWEST_FIRST} LIMIT ? OFFSET ?", (max(0, limit), max(0, offset)))
    return tuple(map(conversation_from_row, rows))


def find_conversation(connection: sqlite3.Connection, name: str) -> Conversation:
    """By id, beginning of an id, or ``last``.

    Raises:
        UnknownNameError: there is none.
        InputError: several ids begin so.
    """
    name = storable(name)
    if name == "last":
        found = [*list_conversations(connection, limit=1)]
    else:
        # A range instead of LIKE: it uses the index, and no character is a wildcard.
        rows = connection.execute(
            f"SELECT {CONVERSATION_COLUMNS} FROM conversations WHERE id >= ? AND id < ? ORDER BY id LIMIT 5",
            (name, name + "\U0010ffff"),
        ).fetchall()
        exact = [row for row in rows if row[0] == name]
        found = [conversation_from_row(row) for row in exact or rows]
    if not found or not name:
        raise no_such_conversation(name, tuple(entry.id for entry in list_conversations(connection, limit=5)))
    if len(found) > 1:
        listed = ", ".join(entry.id for entry in found[:4])
        raise InputError(f"several conversations begin with {name!r}: {listed} ...", mend="Give more of the id.")
    return found[0]


def find_turn(connection: sqlite3.Connection, turn_id: str) -> Turn:
    """By its whole id.

    Raises:
        UnknownNameError: there is none.
    """
    row = connection.execute(f"SELECT {TURN_COLUMNS} {FROM_TURNS} WHERE turns.id = ?", (storable(turn_id),)).fetchone()
    if row is None:
        raise no_such_turn(turn_id)
    return turn_from_row(row)


def read_turns(
    connection: sqlite3.Connection,
    number: int,
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int | None = None,
) -> tuple[Turn, ...]:
    """Turns of the conversation in this row, between two positions; see ``ConversationStore.turns``."""
    (count,) = connection.execute("SELECT turns FROM conversations WHERE number = ?", (number,)).fetchone()
    # Positions have no gaps, so a number of them is a range.
    first = 0 if after is None else max(0, after + 1)
    end = count if before is None else min(before, count)
    if limit is not None:
        if after is None:
            first = max(first, end - max(0, limit))
        else:
            end = min(end, first + max(0, limit))
    rows = connection.execute(
        f"SELECT {TURN_COLUMNS} {FROM_TURNS} WHERE turns.conversation = ? AND position >= ? AND position < ?"
        " ORDER BY position, version",
        (number, first, end),
    )
    return tuple(map(turn_from_row, rows))


def read_questions(connection: sqlite3.Connection, *, limit: int) -> tuple[str, ...]:
    """What was asked, newest first, each once."""
    found: dict[str, None] = {}
    rows = connection.execute(
        "SELECT question FROM turns WHERE length(question) <= ? ORDER BY number DESC LIMIT ?",
        # Somebody who asks one thing again and again must not have the whole file read.
        (MAX_RECALLED_CHARS, 20 * max(0, limit)),
    )
    for (question,) in rows:
        if len(found) >= limit:
            break
        found.setdefault(question)
    return tuple(found)
