"""Writing turns: each function is called inside a transaction, and keeps counts and index in step with the rows."""

import re
import sqlite3
import uuid
from dataclasses import replace
from typing import Any

from coreagent.answer import Answer
from coreagent.conversations.database import answer_to_text, asking_to_text, kept, spent
from coreagent.conversations.records import Turn, TurnState
from coreagent.conversations.words import indexable
from coreagent.runs.process import Owner
from coreagent.visible import visible

TITLE_CHARS = 60
_UNDER_WAY = ("running", "waiting")


def new_turn_id() -> str:
    """An id that no other turn has."""
    return uuid.uuid4().hex[:16]


def title_from(question: str) -> str:
    """A question as a title: one line, shortened at a word where there is one."""
    line = " ".join(visible(question[:1_000]).split())
    if len(line) <= TITLE_CHARS:
        return line
    cut = re.sub(r"\s+\S*$", "", line[: TITLE_CHARS - 3])
    return cut.rstrip(" ,;:.") + " ..."


def insert_turn(connection: sqlite3.Connection, number: int, turn: Turn, owner: Owner) -> None:
    """Add a turn to the conversation of this row number; the conversation named in ``turn`` does not matter."""
    question, text = kept(turn.question), kept(turn.text)
    tokens, usd = spent(turn.answer)
    cursor = connection.execute(
        "INSERT INTO turns (id, conversation, position, version, state, run_id, asked, noted, ended, tokens, usd, host,"
        " pid, process_started, asking, error, mend, question, text, answer)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            turn.id,
            number,
            turn.position,
            turn.version,
            turn.state,
            kept(turn.run_id),
            turn.asked_s,
            turn.asked_s,
            turn.ended_s,
            tokens,
            usd,
            owner.host,
            owner.pid,
            owner.started,
            asking_to_text(turn.asking),
            kept(turn.error),
            kept(turn.mend),
            question,
            text,
            None if turn.answer is None else answer_to_text(turn.answer, question=question, text=text),
        ),
    )
    _index(connection, cursor.lastrowid or 0, question, "" if turn.state == "running" else text)
    connection.execute(
        "UPDATE conversations SET turns = max(turns, ?), tokens = tokens + ?, usd = usd + ? WHERE number = ?",
        (turn.position + 1, tokens, usd, number),
    )


def end_turn(
    connection: sqlite3.Connection,
    turn_id: str,
    state: TurnState,
    *,
    answer: Answer | None,
    text: str,
    error: str,
    mend: str,
    now: float,
) -> bool:
    """Write how a turn ended; False when there is no such turn."""
    row = _row(connection, turn_id)
    if row is None:
        return False
    number, conversation, old_state, question, old_text, old_tokens, old_usd = row
    new_text = kept(text or (answer.text if answer else "")) or old_text
    tokens, usd = spent(answer)
    connection.execute(
        "UPDATE turns SET state = ?, text = ?, answer = ?, error = ?, mend = ?, tokens = ?, usd = ?, noted = ?,"
        " ended = ? WHERE number = ?",
        (
            state,
            new_text,
            None if answer is None else answer_to_text(answer, question=question, text=new_text),
            kept(error),
            kept(mend),
            tokens,
            usd,
            now,
            0.0 if state in _UNDER_WAY else now,
            number,
        ),
    )
    _reindex(connection, number, question, _indexed(old_state, old_text), _indexed(state, new_text))
    connection.execute(
        "UPDATE conversations SET updated = ?, tokens = tokens + ?, usd = max(0.0, usd + ?) WHERE number = ?",
        (now, tokens - old_tokens, usd - old_usd, conversation),
    )
    return True


def reopen_turn(connection: sqlite3.Connection, turn_id: str, owner: Owner) -> bool:
    """A turn is under way again, in this process; False when there is no such turn."""
    row = _row(connection, turn_id)
    if row is None:
        return False
    number, _, state, question, text, *_ = row
    connection.execute(
        "UPDATE turns SET state = 'running', ended = 0, error = '', mend = '', host = ?, pid = ?, process_started = ?"
        " WHERE number = ?",
        (owner.host, owner.pid, owner.started, number),
    )
    _reindex(connection, number, question, _indexed(state, text), "")
    return True


def dead_turns(connection: sqlite3.Connection) -> tuple[int, ...]:
    """Row numbers of turns that a dead process left running."""
    rows = connection.execute("SELECT number, host, pid, process_started FROM turns WHERE state = 'running'")
    return tuple(number for number, *owner in rows if not Owner(*owner).alive)


def settle_dead(connection: sqlite3.Connection) -> None:
    """Turns that a dead process left running are stopped, and what was said of them can be found."""
    for number in dead_turns(connection):
        question, text = connection.execute("SELECT question, text FROM turns WHERE number = ?", (number,)).fetchone()
        connection.execute("UPDATE turns SET state = 'stopped', ended = noted WHERE number = ?", (number,))
        _reindex(connection, number, question, "", text)


def copy_of(turn: Turn, *, version: int, now: float) -> Turn:
    """The turn for another conversation. What is under way goes on in one conversation only, so its copy is stopped."""
    copied = replace(turn, id=new_turn_id(), version=version)
    return replace(copied, state="stopped", ended_s=now) if turn.state in _UNDER_WAY else copied


def forget_words(connection: sqlite3.Connection, conversation: int) -> None:
    """Take all turns of a conversation out of the index, before they are deleted."""
    rows = connection.execute("SELECT number, question, text, state FROM turns WHERE conversation = ?", (conversation,))
    for number, question, text, state in rows.fetchall():
        _unindex(connection, number, question, _indexed(state, text))


def _row(connection: sqlite3.Connection, turn_id: str) -> tuple[Any, ...] | None:
    row: tuple[Any, ...] | None = connection.execute(
        "SELECT number, conversation, state, question, text, tokens, usd FROM turns WHERE id = ?", (turn_id,)
    ).fetchone()
    return row


def _indexed(state: str, text: str) -> str:
    """Which text of a turn is in the index: a running one's changes all the time."""
    return "" if state == "running" else text


def _reindex(connection: sqlite3.Connection, number: int, question: str, old: str, new: str) -> None:
    if old != new:
        _unindex(connection, number, question, old)
        _index(connection, number, question, new)


def _index(connection: sqlite3.Connection, number: int, question: str, text: str) -> None:
    connection.execute(
        "INSERT INTO words (rowid, question, answer) VALUES (?, ?, ?)", (number, indexable(question), indexable(text))
    )


def _unindex(connection: sqlite3.Connection, number: int, question: str, text: str) -> None:
    # An index without text must be told what it is to forget.
    connection.execute(
        "INSERT INTO words (words, rowid, question, answer) VALUES ('delete', ?, ?, ?)",
        (number, indexable(question), indexable(text)),
    )
