"""Where jobs are done: on this machine's cores, or on a cluster."""

import os
import queue
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from coreagent.errors import KnowledgeError
from coreagent.knowledge.documents.reading import is_plain, open_regular
from coreagent.knowledge.documents.sniff import true_suffix
from coreagent.knowledge.ingest.jobs import Done, Job, Limits
from coreagent.knowledge.ingest.process import PROGRAM, WorkerProcess
from coreagent.knowledge.ingest.work import work
from coreagent.settings.knowledge import IngestSettings

_FLIGHTS_PER_WORKER = 2
"""One job in work and one in waiting for each: that is what bounds the memory."""
_INLINE_FILES = 32
_INLINE_BYTES = 200_000


class Engine(Protocol):
    """Does jobs, in no particular order. One thread uses it."""

    @property
    def in_flight(self) -> int:
        """Jobs submitted and not yet waited for."""
        ...

    @property
    def has_room(self) -> bool:
        """Whether another job may be submitted now."""
        ...

    def submit(self, job: Job) -> None:
        """Take a job on."""
        ...

    def wait(self, timeout_s: float) -> Done | None:
        """The next job that is done; None when there is none in time.

        Raises:
            KnowledgeError: no job can be done at all.
        """
        ...

    def close(self) -> None:
        """Stop everything, whatever is still in flight."""
        ...


class LocalEngine:
    """Worker processes of this machine, each with a thread that waits for it.

    The first few small plain text files are prepared in this process: only parsers of this package touch them, which
    take time in proportion to the text, and no worker has to be started for them.
    """

    def __init__(
        self, limits: Limits, *, workers: int = 0, inline_files: int = _INLINE_FILES, program: Sequence[str] = PROGRAM
    ) -> None:
        """As many workers as there are cores when 0; each starts with its first job.

        ``inline_files`` is how many small plain text files are prepared in this process, 0 for none.
        """
        self._limits, self._program = limits, tuple(program)
        self._workers = workers or os.cpu_count() or 1
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Done | KnowledgeError] = queue.SimpleQueue()
        self._processes: list[WorkerProcess] = []
        self._threads: list[threading.Thread] = []
        self._folder = tempfile.TemporaryDirectory(prefix="coreagent-ingest-", ignore_cleanup_errors=True)
        self._in_flight = 0
        self._inline_files, self._inline_bytes = inline_files, _INLINE_BYTES

    @property
    def in_flight(self) -> int:
        """Jobs submitted and not yet waited for."""
        return self._in_flight

    @property
    def has_room(self) -> bool:
        """Whether another job may be submitted now."""
        return self._in_flight < _FLIGHTS_PER_WORKER * self._workers

    @property
    def pids(self) -> tuple[int, ...]:
        """Of the worker processes that run."""
        return tuple(process.pid for process in self._processes if process.pid)

    def submit(self, job: Job) -> None:
        """Take a job on."""
        self._in_flight += 1
        if self._is_inline(job):
            self._done.put(Done(job, work(job, self._limits)))
            return
        self._jobs.put(job)
        if len(self._threads) < min(self._workers, self._in_flight):
            process = WorkerProcess(self._limits, Path(self._folder.name), program=self._program)
            thread = threading.Thread(target=self._serve, args=(process,), name="ingest", daemon=True)
            self._processes.append(process)
            self._threads.append(thread)
            thread.start()

    def wait(self, timeout_s: float) -> Done | None:
        """The next job that is done; None when there is none in time.

        Raises:
            KnowledgeError: no worker process can be started.
        """
        try:
            done = self._done.get(timeout=timeout_s)
        except queue.Empty:
            return None
        self._in_flight -= 1
        if isinstance(done, KnowledgeError):
            raise done
        return done

    def close(self) -> None:
        """Kill the workers and remove their folder."""
        for process in self._processes:
            process.stop()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def _is_inline(self, job: Job) -> bool:
        if job.folder or not is_plain(job.source) or job.size > self._inline_bytes or not self._inline_files:
            return False
        try:
            with open_regular(job.source) as file:
                if true_suffix(file):
                    return False  # not what its name says
        except (KnowledgeError, OSError):
            return False
        self._inline_files -= 1
        self._inline_bytes -= job.size
        return True

    def _serve(self, process: WorkerProcess) -> None:
        try:
            while (job := self._jobs.get()) is not None:
                try:
                    self._done.put(Done(job, process.run(job)))
                except KnowledgeError as error:
                    self._done.put(error)
        finally:
            process.discard()


def limits_of(settings: IngestSettings) -> Limits:
    """The part of the settings that a worker needs; it loads no settings itself."""
    return Limits(
        file_seconds=settings.file_seconds,
        file_memory_mb=settings.file_memory_mb,
        max_file_mb=settings.max_file_mb,
        max_archive_mb=settings.max_archive_mb,
    )
