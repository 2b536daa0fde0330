"""A file of JSON lines that grows to a limit, keeps one old file, and never fails who writes to it."""

import json
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

_LOGGER = logging.getLogger("coreagent.telemetry")

MAX_BYTES = 20_000_000

to_line: Callable[[object], str] = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""JSON without line ends."""


class LineFile:
    """Appends lines; at ``max_bytes`` the file becomes ``NAME.1`` and a new one begins. Safe across threads.

    Lines are appended in one system call, so several processes may share the file. A write that fails is dropped;
    the first one is logged as a warning. The file is readable by its owner only.
    """

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._warned = False
        self._torn = False

    def write(self, lines: list[str]) -> bool:
        """Append lines; False when they were dropped."""
        data = "".join(f"{line}\n" for line in lines).encode(errors="backslashreplace")
        try:
            with self._lock:
                self._append(data)
        except OSError as error:
            # A part may have been written: the next write begins on a line of its own.
            self._torn = True
            if not self._warned:
                self._warned = True
                _LOGGER.warning("traces are not written: %s: %s", self._path, error)
            return False
        return True

    def _append(self, data: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._path, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            if size and size + len(data) > self._max_bytes:
                os.replace(self._path, self._path.with_name(self._path.name + ".1"))
                os.close(descriptor)
                descriptor = os.open(self._path, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
            left = memoryview(b"\n" + data if self._torn else data)
            while left:
                left = left[os.write(descriptor, left) :]
            self._torn = False
        finally:
            os.close(descriptor)
