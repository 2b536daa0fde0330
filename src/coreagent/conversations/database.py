"""How conversations stand in one SQLite file, and how its rows are read."""

import json
import math
import sqlite3
from pathlib import Path
from typing import Any

from coreagent.answer import Answer
from coreagent.conversations.records import Asking, Conversation, Turn
from coreagent.conversations.shapes import from_plain, to_plain
from coreagent.runs.database import Schema, storable
from coreagent.runs.process import Owner
from coreagent.secrets import mask, mask_json_text

# ``words`` is an index without the text: its rows are written beside each turn, in the same transaction. It holds the
# question of every turn, and the text of every turn whose state is not "running".
CONVERSATIONS = Schema(
    "conversation store",
    1,
    """
CREATE TABLE conversations (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    created REAL NOT NULL,
    updated REAL NOT NULL,
    turns INTEGER NOT NULL DEFAULT 0,
    tokens INTEGER NOT NULL DEFAULT 0,
    usd REAL NOT NULL DEFAULT 0,
    draft TEXT NOT NULL DEFAULT '',
    branched_from TEXT NOT NULL DEFAULT '',
    host TEXT,
    pid INTEGER,
    process_started TEXT
);
CREATE INDEX conversations_by_update ON conversations (updated, number) WHERE turns > 0 OR draft <> '';
CREATE TABLE turns (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    conversation INTEGER NOT NULL REFERENCES conversations (number) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    run_id TEXT NOT NULL,
    asked REAL NOT NULL,
    noted REAL NOT NULL,
    ended REAL NOT NULL,
    tokens INTEGER NOT NULL DEFAULT 0,
    usd REAL NOT NULL DEFAULT 0,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    process_started TEXT NOT NULL,
    asking TEXT NOT NULL,
    error TEXT NOT NULL,
    mend TEXT NOT NULL,
    question TEXT NOT NULL,
    text TEXT NOT NULL,
    answer TEXT,
    UNIQUE (conversation, position, version)
);
CREATE INDEX turns_running ON turns (state) WHERE state = 'running';
CREATE VIRTUAL TABLE words USING fts5 (
    question, answer, content = '', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);
""",
)

LISTED = "(turns > 0 OR draft <> '')"
"""Conversations in which something was said or typed."""

CONVERSATION_COLUMNS = "id, title, created, updated, turns, tokens, usd, draft, branched_from"
TURN_COLUMNS = (
    "turns.id, conversations.id, position, version, state, turns.run_id, asked, noted, ended, turns.host, turns.pid,"
    " turns.process_started, asking, error, mend, question, text, answer"
)
FROM_TURNS = "FROM turns JOIN conversations ON conversations.number = turns.conversation"

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def conversations_path(home: Path) -> Path:
    """Where the conversations of a home are kept."""
    return home / "conversations" / "conversations.sqlite"


def kept(text: str) -> str:
    """A text as it is stored: secrets masked, and nothing in it that no file can hold."""
    return storable(mask(text))


def asking_to_text(asking: Asking) -> str:
    """As JSON text, secrets masked."""
    return storable(mask_json_text(_ENCODER.encode(to_plain(asking))))


def answer_to_text(answer: Answer, *, question: str, text: str) -> str:
    """As JSON text, secrets masked, without the parts that stand in columns of their own."""
    plain = to_plain(answer)
    for name, stored in (("question", question), ("text", text)):
        if kept(plain[name]) == stored:
            del plain[name]
    return storable(mask_json_text(_ENCODER.encode(plain)))


def spent(answer: Answer | None) -> tuple[int, float]:
    """Tokens and dollars that can be added up."""
    if answer is None:
        return 0, 0.0
    return answer.usage.total_tokens, answer.cost_usd if math.isfinite(answer.cost_usd) else 0.0


def conversation_from_row(row: tuple[Any, ...]) -> Conversation:
    """Read a row of ``CONVERSATION_COLUMNS``."""
    id_, title, created, updated, turns, tokens, usd, draft, branched_from = row
    return Conversation(
        id=id_,
        title=title,
        created_s=created,
        updated_s=updated,
        turns=turns,
        tokens=int(tokens),
        usd=usd,
        draft=draft,
        branched_from=branched_from,
    )


def turn_from_row(row: tuple[Any, ...]) -> Turn:
    """Read a row of ``TURN_COLUMNS``; a running turn whose process is gone is stopped."""
    id_, conversation, position, version, state, run_id, asked, noted, ended, *owner = row[:12]
    asking, error, mend, question, text, answer = row[12:]
    if state == "running" and not Owner(*owner).alive:
        state, ended = "stopped", noted
    return Turn(
        id=id_,
        conversation=conversation,
        position=position,
        question=question,
        state=state,
        version=version,
        asking=_read_asking(asking),
        run_id=run_id,
        text=text,
        answer=None if answer is None else _read_answer(answer, question=question, text=text),
        error=error,
        mend=mend,
        asked_s=asked,
        ended_s=ended,
    )


def _read_asking(stored: str) -> Asking:
    try:
        asking: Asking = from_plain(Asking, json.loads(stored))
    except ValueError:
        return Asking()
    return asking


def _read_answer(stored: str, *, question: str, text: str) -> Answer | None:
    """None for one that this version can not read: the turn then still has its question and its text."""
    try:
        answer: Answer = from_plain(Answer, {"question": question, "text": text, **json.loads(stored)})
    except (ValueError, TypeError):
        return None
    return answer


def number_of(connection: sqlite3.Connection, conversation: str) -> int | None:
    """Row number of a conversation by its whole id."""
    row = connection.execute("SELECT number FROM conversations WHERE id = ?", (storable(conversation),)).fetchone()
    return None if row is None else int(row[0])
