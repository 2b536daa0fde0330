"""Finding turns by their words.

The best by BM25 (Robertson and Zaragoza, 2009), a question's words counting twice, come first, of equals the newer
ones. When more than a thousand turns hold the words, the newest thousand are ranked: words that common say little about
which turn is meant, and a search must not take longer for them.
"""

import sqlite3
from typing import Any, Literal

from coreagent.conversations.database import FROM_TURNS
from coreagent.conversations.records import Hit
from coreagent.conversations.words import Query, excerpt, parse_query

MAX_RANKED = 1_000
MAX_READ_CHARS = 200_000
"""Characters of a text in which an excerpt is looked for; the index holds all of it."""


def search(connection: sqlite3.Connection, words: str, *, limit: int, conversation: int | None) -> tuple[Hit, ...]:
    """Turns that hold all words, in the question or the answer, best first; none for words that hold no letter."""
    query = parse_query(words)
    if not query.match or limit <= 0:
        return ()
    where = "words MATCH :match"
    if conversation is not None:
        # The plus keeps SQLite from asking the index once for every turn of the conversation.
        where += (
            " AND rowid BETWEEN (SELECT min(number) FROM turns WHERE conversation = :c)"
            " AND (SELECT max(number) FROM turns WHERE conversation = :c)"
            " AND +rowid IN (SELECT number FROM turns WHERE conversation = :c)"
        )
    rows = connection.execute(
        f"SELECT rowid, bm25(words, 2.0, 1.0) FROM words WHERE {where} ORDER BY rowid DESC LIMIT :most",
        {"match": query.match, "c": conversation, "most": MAX_RANKED},
    ).fetchall()
    rows.sort(key=lambda row: (row[1], -row[0]))
    return tuple(hit for number, _ in rows[:limit] if (hit := _hit(connection, number, query)) is not None)


def _hit(connection: sqlite3.Connection, number: int, query: Query) -> Hit | None:
    row: tuple[Any, ...] | None = connection.execute(
        "SELECT turns.id, conversations.id, title, position, version, asked, substr(question, 1, ?), substr(text, 1, ?)"
        f" {FROM_TURNS} WHERE turns.number = ?",
        (MAX_READ_CHARS, MAX_READ_CHARS, number),
    ).fetchone()
    if row is None:
        return None
    turn, conversation, title, position, version, asked, question, text = row
    asked_part, said_part = excerpt(question, query), excerpt(text, query)
    where: Literal["question", "answer"] = "answer" if said_part.held > asked_part.held else "question"
    best = said_part if where == "answer" else asked_part
    return Hit(
        turn=turn,
        conversation=conversation,
        title=title,
        position=position,
        version=version,
        where=where,
        excerpt=best.text,
        marks=best.marks,
        asked_s=asked,
    )
