"""All conversations in one SQLite file: begun, answered, found again, one process at a time writing in each."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from coreagent.answer import Answer
from coreagent.conversations.claims import clear_owner, owner_of, set_owner
from coreagent.conversations.database import CONVERSATIONS, kept, number_of
from coreagent.conversations.joining import branch_from, insert_conversation, join, new_conversation
from coreagent.conversations.reading import (
    find_conversation,
    find_turn,
    list_conversations,
    no_such_conversation,
    no_such_turn,
    read_questions,
    read_turns,
)
from coreagent.conversations.records import AS_SET, Asking, Conversation, Hit, Turn, TurnState
from coreagent.conversations.searching import search
from coreagent.conversations.turns import (
    dead_turns,
    end_turn,
    forget_words,
    insert_turn,
    new_turn_id,
    reopen_turn,
    settle_dead,
    title_from,
)
from coreagent.errors import InputError
from coreagent.runs.database import explained, open_database, storable, transaction
from coreagent.runs.process import Owner, current_owner


class ConversationStore:
    """The conversation store. The file is opened at the first call; safe across threads and processes.

    Whatever a method wrote is there after a kill, and after a power cut, once it has returned. Secrets are masked in
    all that is written. Every method raises RunError when the file can not be used, and then has written nothing;
    UnknownNameError for a conversation or a turn that is not there (deleted by another process, perhaps).
    """

    def __init__(self, path: Path, *, now: Callable[[], float] = time.time) -> None:
        self.path = path
        self._now = now
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    # --- conversations ------------------------------------------------------

    def new(self, title: str = "") -> Conversation:
        """Begin one. It is not listed before something is said or typed in it."""
        with self._writing() as connection:
            conversation = new_conversation(self._now(), title=title)
            insert_conversation(connection, conversation)
            return conversation

    def list(self, limit: int = 100, *, offset: int = 0) -> tuple[Conversation, ...]:
        """Those in which something was said or typed, the last one used first."""
        with self._reading() as connection:
            return list_conversations(connection, limit=limit, offset=offset)

    def get(self, conversation: str) -> Conversation:
        """One, by its id, the beginning of its id, or ``last``: the last one used.

        Raises:
            UnknownNameError: there is none.
            InputError: several ids begin so.
        """
        with self._reading() as connection:
            return find_conversation(connection, conversation)

    def rename(self, conversation: str, title: str) -> None:
        """Give it another title; an empty one is made from the next question."""
        self._set(conversation, "title", title_from(kept(title)))

    def keep_draft(self, conversation: str, text: str) -> None:
        """Keep what was typed and not sent, or forget it when ``text`` is empty."""
        self._set(conversation, "draft", kept(text))

    def delete(self, conversation: str) -> None:
        """Delete it with all its turns, whoever has it open."""
        with self._writing() as connection:
            number = self._number(connection, conversation)
            forget_words(connection, number)
            connection.execute("DELETE FROM conversations WHERE number = ?", (number,))
        with self._reading() as connection:
            connection.execute("PRAGMA incremental_vacuum").fetchall()

    def branch(self, turn_id: str, *, title: str = "") -> Conversation:
        """A new conversation that goes on from a turn.

        It has copies of all earlier turns with all their versions, and of this one as the only version. What is under
        way is copied as stopped. The title is that of the old one unless another is given.
        """
        with self._writing() as connection:
            return branch_from(connection, turn_id, title=title, now=self._now())

    # --- turns --------------------------------------------------------------

    def turns(
        self, conversation: str, *, before: int | None = None, after: int | None = None, limit: int | None = None
    ) -> tuple[Turn, ...]:
        """Turns in the order of position and version.

        ``before`` and ``after`` are positions, themselves left out. ``limit`` counts positions, whose versions all come
        along: with ``after`` the first of them, else the last.
        """
        with self._reading() as connection:
            number = self._number(connection, conversation)
            return read_turns(connection, number, before=before, after=after, limit=limit)

    def turn(self, turn_id: str) -> Turn:
        """One turn, by its whole id."""
        with self._reading() as connection:
            return find_turn(connection, turn_id)

    def begin(self, conversation: str, question: str, *, asking: Asking = AS_SET, position: int | None = None) -> Turn:
        """A question is asked: at the end, or as a further version of what was asked at ``position``.

        The first question is the title of a conversation that has none. The draft is left as it is.

        Raises:
            InputError: nothing was asked at that position yet.
        """
        now = self._now()
        with self._writing() as connection:
            number = self._number(connection, conversation)
            turns, title = connection.execute(
                "SELECT turns, title FROM conversations WHERE number = ?", (number,)
            ).fetchone()
            if position is not None and not 0 <= position < turns:
                raise InputError(f"the conversation has no turn {position}", mend=f"It has the turns 0 to {turns - 1}.")
            place = turns if position is None else position
            (version,) = connection.execute(
                "SELECT coalesce(max(version) + 1, 0) FROM turns WHERE conversation = ? AND position = ?",
                (number, place),
            ).fetchone()
            turn = Turn(
                id=new_turn_id(),
                conversation=conversation,
                position=place,
                question=question,
                state="running",
                version=version,
                asking=asking,
                asked_s=now,
            )
            insert_turn(connection, number, turn, current_owner())
            connection.execute(
                "UPDATE conversations SET updated = ?, title = ? WHERE number = ?",
                (now, title or title_from(kept(question)), number),
            )
            return replace(turn, question=kept(question))

    def started(self, turn_id: str, run_id: str) -> None:
        """The run that answers the turn is known."""
        self._change(turn_id, "run_id = ?", (kept(run_id),))

    def note(self, turn_id: str, text: str) -> None:
        """Keep what has been said so far; it is found by a search once the turn has ended, however it ended.

        Nothing is written when the turn has ended already.
        """
        self._change(
            turn_id,
            "text = CASE state WHEN 'running' THEN ? ELSE text END, noted = ?",
            (kept(text), self._now()),
        )

    def end(
        self,
        turn_id: str,
        state: TurnState,
        *,
        answer: Answer | None = None,
        text: str = "",
        error: str = "",
        mend: str = "",
    ) -> Turn:
        """A turn ended, or waits for a person. Its text is ``text``, else the answer's, else what was noted last."""
        with self._writing() as connection:
            if not end_turn(
                connection,
                storable(turn_id),
                state,
                answer=answer,
                text=text,
                error=error,
                mend=mend,
                now=self._now(),
            ):
                raise no_such_turn(turn_id)
            return find_turn(connection, turn_id)

    def reopen(self, turn_id: str) -> None:
        """A turn that waited or was stopped is taken up again, by this process."""
        with self._writing() as connection:
            if not reopen_turn(connection, storable(turn_id), current_owner()):
                raise no_such_turn(turn_id)

    def add(self, *parcels: tuple[Conversation, Sequence[Turn]]) -> tuple[tuple[int, int], ...]:
        """Take in conversations from elsewhere, ids included, or the turns of them that are not here yet: all or none.

        Returns:
            For each, how many turns were added, and how many were here already.

        Raises:
            InputError: it went on differently here, or one of its turns stands in another conversation.
        """
        with self._writing() as connection:
            return tuple(join(connection, conversation, turns) for conversation, turns in parcels)

    # --- finding ------------------------------------------------------------

    def search(self, words: str, *, limit: int = 50, conversation: str = "") -> tuple[Hit, ...]:
        """Turns whose question and answer together hold all words, best first; the last word may go on.

        Any text may be given. Words in quotation marks must follow each other. See
        :mod:`coreagent.conversations.searching` for the order.
        """
        with self._reading() as connection:
            if dead_turns(connection):
                # Without room on the disk, what dead processes left is made searchable another time.
                with contextlib.suppress(sqlite3.OperationalError), transaction(connection):
                    settle_dead(connection)
            number = self._number(connection, conversation) if conversation else None
            return search(connection, words, limit=limit, conversation=number)

    def questions(self, limit: int = 500) -> tuple[str, ...]:
        """What was asked, newest first, each once; very long ones (20,000 characters) are left out."""
        with self._reading() as connection:
            return read_questions(connection, limit=limit)

    # --- who has it open ----------------------------------------------------

    def claim(self, conversation: str) -> Owner | None:
        """Open it for writing: None, and it is this process's; or the living process that has it open."""
        with self._writing() as connection:
            number = self._number(connection, conversation)
            settle_dead(connection)
            owner = owner_of(connection, number)
            if owner is not None and owner != current_owner():
                return owner
            set_owner(connection, number)
            return None

    def take_over(self, conversation: str) -> None:
        """It is this process's, whoever has it open. The other finds out by :meth:`holds`."""
        with self._writing() as connection:
            set_owner(connection, self._number(connection, conversation))

    def release(self, conversation: str) -> None:
        """Give it back; nothing happens when another process has taken it over, or it was deleted."""
        with self._writing() as connection:
            number = number_of(connection, conversation)
            if number is not None and owner_of(connection, number) == current_owner():
                clear_owner(connection, number)

    def holds(self, conversation: str) -> bool:
        """True while it is this process's; false also when it was deleted."""
        with self._reading() as connection:
            number = number_of(connection, conversation)
            return number is not None and owner_of(connection, number) == current_owner()

    def close(self) -> None:
        """Close the file. Safe to call twice; a later call opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def _reading(self) -> Generator[sqlite3.Connection]:
        with self._lock, explained(self.path, CONVERSATIONS):
            if self._connection is None:
                self._connection = open_database(self.path, CONVERSATIONS, synchronous="FULL")
            yield self._connection

    @contextmanager
    def _writing(self) -> Generator[sqlite3.Connection]:
        with self._reading() as connection, transaction(connection):
            yield connection

    def _number(self, connection: sqlite3.Connection, conversation: str) -> int:
        number = number_of(connection, conversation)
        if number is None:
            raise no_such_conversation(conversation)
        return number

    def _set(self, conversation: str, column: str, value: str) -> None:
        with self._writing() as connection:
            number = self._number(connection, conversation)
            connection.execute(f"UPDATE conversations SET {column} = ? WHERE number = ?", (value, number))

    def _change(self, turn_id: str, assignments: str, values: tuple[object, ...]) -> None:
        with self._writing() as connection:
            changed = connection.execute(
                f"UPDATE turns SET {assignments} WHERE id = ?", (*values, storable(turn_id))
            ).rowcount
        if not changed:
            raise no_such_turn(turn_id)

    def __enter__(self) -> "ConversationStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
