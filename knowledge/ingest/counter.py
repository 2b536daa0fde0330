"""How many files there are to add, counted ahead of the work."""

import threading
from collections.abc import Sequence
from pathlib import Path

from coreagent.knowledge.documents.walk import walk


class Counter:
    """Counts the files below some paths ahead of the work, in a thread of its own."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Counting begins at once and ends with the process at the latest."""
        self._found, self._more, self._stopped = 0, 0, False
        self._thread = threading.Thread(target=self._count, args=(tuple(paths),), name="count", daemon=True)
        self._thread.start()

    @property
    def total(self) -> int:
        """Files, or 0 while they are being counted."""
        return 0 if self._thread.is_alive() else self._found + self._more

    def more(self, count: int) -> None:
        """Members of an archive that was opened."""
        self._more += count

    def stop(self) -> None:
        """The count is not needed any more."""
        self._stopped = True
        self._thread.join()

    def _count(self, paths: tuple[Path, ...]) -> None:
        for _ in walk(paths):
            self._found += 1
            if self._stopped:
                return
