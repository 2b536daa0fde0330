"""Who has a conversation open: one process at a time. Another may take it over, and the first finds out."""

import sqlite3

from coreagent.runs.process import Owner, current_owner


def owner_of(connection: sqlite3.Connection, number: int) -> Owner | None:
    """The living process that has it open, this one included."""
    host, pid, started = connection.execute(
        "SELECT host, pid, process_started FROM conversations WHERE number = ?", (number,)
    ).fetchone()
    if host is None:
        return None
    owner = Owner(host, pid, started)
    return owner if owner.alive else None


def set_owner(connection: sqlite3.Connection, number: int) -> None:
    """It is this process's from now on."""
    owner = current_owner()
    connection.execute(
        "UPDATE conversations SET host = ?, pid = ?, process_started = ? WHERE number = ?",
        (owner.host, owner.pid, owner.started, number),
    )


def clear_owner(connection: sqlite3.Connection, number: int) -> None:
    """It is nobody's."""
    connection.execute(
        "UPDATE conversations SET host = NULL, pid = NULL, process_started = NULL WHERE number = ?", (number,)
    )
