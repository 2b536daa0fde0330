"""One worker process as its parent sees it: asked one file at a time, ended when that takes too much."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO, cast

from coreagent.errors import KnowledgeError
from coreagent.knowledge.ingest.jobs import Failure, Job, Limits, Outcome
from coreagent.knowledge.ingest.received import WorkerMemoryError, outcome_from
from coreagent.knowledge.ingest.wire import FrameError, job_message, read_frame, write_frame

PROGRAM = ("-m", "coreagent.knowledge.ingest.worker")
"""What Python is started with for a worker."""
_START_SECONDS = 60.0
_END_SECONDS = 1.0
_LAST_WORDS = 2_000
_KEPT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "SYSTEMROOT")
"""What a worker is told of the environment: nothing that could be a secret."""
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")


class WorkerProcess:
    """Starts when the first job comes and again after a loss. One thread asks it; any may stop it."""

    def __init__(self, limits: Limits, folder: Path, *, program: Sequence[str] = PROGRAM) -> None:
        """``folder`` is the working directory, for temporary files; removing it is the caller's business."""
        self._limits, self._folder, self._program = limits, folder, tuple(program)
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._lock = threading.Lock()

    @property
    def pid(self) -> int:
        """Of the running process; 0 when there is none."""
        return self._process.pid if self._process else 0

    def run(self, job: Job) -> Outcome:
        """Ask for one job; a worker that is lost over it makes a failure of that job, and the next gets a new one.

        Raises:
            KnowledgeError: no worker process can be started at all.
        """
        used = self._process is not None
        try:
            return self._ask(job)
        except WorkerMemoryError:
            self.discard()
        if used:
            # What earlier files left in memory is not this file's fault: once more with all of the limit.
            try:
                return self._ask(job)
            except WorkerMemoryError:
                self.discard()
        return Failure(
            f"it needed more than {self._limits.file_memory_mb:,} MB",
            "Split it, or raise file_memory_mb in [knowledge.ingest] of coreagent.toml.",
        )

    def stop(self) -> None:
        """End the process at once, whatever it does, and start none any more; the asking thread then discards it."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.kill()

    def discard(self) -> None:
        """End the process and give its pipes back; a further job starts another one."""
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return
        # Closing the pipe would let it finish what it does; that may be the very thing that hangs.
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            try:
                _stream(stream).close()
            except OSError:
                continue  # what was still buffered for a dead process

    def _ask(self, job: Job) -> Outcome:
        process = self._running()
        expired = threading.Event()
        timer = threading.Timer(self._limits.file_seconds, _expire, (process, expired))
        timer.daemon = True
        timer.start()
        try:
            write_frame(_stream(process.stdin), job_message(job))
            outcome, peak_mb = outcome_from(*read_frame(_stream(process.stdout)), job=job)
        except (FrameError, OSError) as error:
            code = _exit_code(process)
            self.discard()
            return self._late() if expired.is_set() else self._loss(code, error)
        finally:
            timer.cancel()
            timer.join()
        # A worker that holds on to much memory would fail the next large file; one that was just killed can not go on.
        if expired.is_set() or peak_mb > self._limits.file_memory_mb / 2:
            self.discard()
        return outcome

    def _late(self) -> Failure:
        return Failure(
            f"it took longer than {self._limits.file_seconds:g} s",
            "Split it, or raise file_seconds in [knowledge.ingest] of coreagent.toml.",
        )

    def _loss(self, code: int | None, error: Exception) -> Failure:
        mend = "Check the file, or convert it by other means."
        if sys.platform != "win32" and code == -signal.SIGXCPU:
            return self._late()
        if sys.platform != "win32" and code == -signal.SIGKILL:
            return Failure("the converter was killed, as a system does that is short of memory", mend)
        if code is not None and code < 0:
            return Failure(f"the converter crashed (signal {-code})", mend)
        if code is None:
            return Failure(f"the converter's answer makes no sense ({error})", mend)
        return Failure(f"the converter crashed ({error})", mend)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None:
            return self._process
        with self._lock:
            if self._stopped:
                raise KnowledgeError("the ingestion was stopped", mend="Run it again.")
            self._process = process = _start(self._program, self._folder)
        expired = threading.Event()
        timer = threading.Timer(_START_SECONDS, _expire, (process, expired))
        timer.daemon = True
        timer.start()
        try:
            write_frame(_stream(process.stdin), asdict(self._limits))
            read_frame(_stream(process.stdout))
        except (FrameError, OSError) as error:
            process.kill()
            words = _stream(process.stderr).read()[-_LAST_WORDS:].decode("utf-8", "replace").strip()
            self.discard()
            last = words.splitlines()[-1] if words else str(error)
            raise KnowledgeError(
                f"a worker process can not be started: {last}",
                mend=f"Try: {sys.executable} -m coreagent.knowledge.ingest.worker < {os.devnull}",
            ) from error
        finally:
            timer.cancel()
            timer.join()
        return process


def _start(program: Sequence[str], folder: Path) -> subprocess.Popen[bytes]:
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment |= dict.fromkeys(_ONE_THREAD, "1")
    environment |= {"HOME": str(folder), "TMPDIR": str(folder), "TEMP": str(folder), "TMP": str(folder)}
    return subprocess.Popen(
        # Safe path: the working directory, where archives are unpacked, is no place to import from.
        [sys.executable, "-P", *program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=environment,
        start_new_session=True,
    )


def _expire(process: subprocess.Popen[bytes], expired: threading.Event) -> None:
    expired.set()
    process.kill()


def _exit_code(process: subprocess.Popen[bytes]) -> int | None:
    """How it ended by itself; None when it lives on. Its pipes are closed a moment before it has ended."""
    try:
        return process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        return None


def _stream(stream: object) -> BinaryIO:
    # The pipes are there: Popen was asked for all three.
    return cast("BinaryIO", stream)
