"""Switching a SQLite file to its write-ahead log while other processes open it too."""

import random
import sqlite3
import time
from pathlib import Path

_FIRST_PAUSE_S = 0.002
_LONGEST_PAUSE_S = 0.1


def use_write_ahead_log(connection: sqlite3.Connection, *, wait_s: float) -> None:
    """Switch the file to its write-ahead log, unless it is on already.

    SQLite's busy timeout does not cover this switch: two processes that meet a new file together each hold a shared
    lock that the other waits for, so one is told "locked" at once. It tries again here, up to ``wait_s`` seconds.

    Raises:
        sqlite3.OperationalError: another process kept the file locked all that time, or it can not be written.
    """
    deadline = time.monotonic() + wait_s
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            # In this mode already: asking takes no lock that another opener could hold against us.
            if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            busy = (getattr(error, "sqlite_errorname", "") or "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(pause_s * random.uniform(0.5, 1.5))
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
        else:
            return


def prepare_write_ahead_log(path: Path, *, wait_s: float) -> None:
    """The same for a file that another library opens next; it is made when missing.

    Raises:
        sqlite3.Error: the file can not be opened or written.
    """
    connection = sqlite3.connect(path, timeout=wait_s, isolation_level=None)
    try:
        use_write_ahead_log(connection, wait_s=wait_s)
    finally:
        connection.close()
