"""Conversations that are written at once: a branch of one that is here, and one that comes from elsewhere."""

import sqlite3
import time
import uuid
from collections.abc import Sequence

from coreagent.conversations.database import kept
from coreagent.conversations.reading import find_conversation, find_turn, read_turns
from coreagent.conversations.records import Conversation, Turn
from coreagent.conversations.turns import copy_of, insert_turn, title_from
from coreagent.errors import InputError
from coreagent.runs.process import current_owner

_COPY = "To have both, take it in as a copy: coreagent chats import FILE --copy."


def new_conversation(now: float, *, title: str = "", branched_from: str = "") -> Conversation:
    """An empty one with an id that no other has and that sorts by time."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
    return Conversation(
        id=f"{stamp}-{uuid.uuid4().hex[:8]}",
        title=title_from(kept(title)),
        created_s=now,
        updated_s=now,
        branched_from=branched_from,
    )


def insert_conversation(connection: sqlite3.Connection, conversation: Conversation) -> int:
    """Add it without turns; gives its row number. Counts and sums begin at 0 and grow with its turns."""
    cursor = connection.execute(
        "INSERT INTO conversations (id, title, created, updated, draft, branched_from) VALUES (?, ?, ?, ?, ?, ?)",
        (
            conversation.id,
            title_from(kept(conversation.title)),
            conversation.created_s,
            conversation.updated_s,
            kept(conversation.draft),
            kept(conversation.branched_from),
        ),
    )
    return cursor.lastrowid or 0


def branch_from(connection: sqlite3.Connection, turn_id: str, *, title: str, now: float) -> Conversation:
    """A new conversation with copies of all before this turn, and of this one; see ``ConversationStore.branch``.

    Raises:
        UnknownNameError: there is no such turn.
    """
    turn = find_turn(connection, turn_id)
    old = find_conversation(connection, turn.conversation)
    branch = new_conversation(now, title=title or old.title, branched_from=turn.id)
    number = insert_conversation(connection, branch)
    (old_number,) = connection.execute("SELECT number FROM conversations WHERE id = ?", (old.id,)).fetchone()
    for earlier in read_turns(connection, old_number, before=turn.position):
        insert_turn(connection, number, copy_of(earlier, version=earlier.version, now=now), current_owner())
    insert_turn(connection, number, copy_of(turn, version=0, now=now), current_owner())
    return find_conversation(connection, branch.id)


def join(connection: sqlite3.Connection, conversation: Conversation, turns: Sequence[Turn]) -> tuple[int, int]:
    """Add a conversation from elsewhere, or its turns that are not here; gives how many were added and were here.

    Raises:
        InputError: it went on differently here, a turn stands elsewhere already, or the turns leave a gap.
    """
    row = connection.execute("SELECT number, turns FROM conversations WHERE id = ?", (conversation.id,)).fetchone()
    number, end = row or (insert_conversation(connection, conversation), 0)
    here = {id_ for (id_,) in connection.execute("SELECT id FROM turns WHERE conversation = ?", (number,))}
    added = 0
    for turn in turns:
        if turn.id in here:
            continue
        if turn.position > end:
            raise InputError(f"turn {end} of {conversation.id} is missing", mend="Export the conversation again.")
        try:
            insert_turn(connection, number, turn, current_owner())
        except sqlite3.IntegrityError:
            raise InputError(
                f"turn {turn.position} of {conversation.id} is another one here than in the file", mend=_COPY
            ) from None
        end = max(end, turn.position + 1)
        added += 1
    if added:
        connection.execute(
            "UPDATE conversations SET updated = max(updated, ?) WHERE number = ?", (conversation.updated_s, number)
        )
    return added, len(turns) - added
