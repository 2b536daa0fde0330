"""Jobs on a Ray cluster: the bytes of each file go there, and into a worker process of ours on that machine.

So the nodes need the package but no common file system, a hostile file can hurt no node, and what comes back is checked
as if it came from a local worker. Ray runs the work of a lost node again. Only importer of ray.
"""

import atexit
import os
import shutil
import tempfile
from collections import deque
from collections.abc import Sequence
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import ray as _ray  # pyright: ignore[reportMissingImports]  # an optional extra

from coreagent.errors import DocumentError, KnowledgeError
from coreagent.knowledge.documents.reading import open_regular
from coreagent.knowledge.ingest.jobs import Done, Failure, Job, Limits, Outcome
from coreagent.knowledge.ingest.process import PROGRAM, WorkerProcess
from coreagent.knowledge.ingest.received import outcome_from
from coreagent.knowledge.ingest.wire import FrameError, encoded, outcome_message
from coreagent.knowledge.ingest.work import work

ray: Any = _ray
_FLIGHTS_PER_WORKER = 2
_RETRIES = 3


class RayEngine:
    """An :class:`~coreagent.knowledge.ingest.engine.Engine` on the cluster of RAY_ADDRESS, or on one of this machine.

    Archives are unpacked here, by one local worker; their members go to the cluster.
    """

    def __init__(self, limits: Limits, *, workers: int = 0, program: Sequence[str] = PROGRAM) -> None:
        """As many jobs at a time as the cluster has cores when ``workers`` is 0; it is reached with the first job."""
        self._limits, self._program = limits, tuple(program)
        self._wanted, self._workers, self._ours = workers, 0, False
        self._folder = tempfile.TemporaryDirectory(prefix="coreagent-ingest-", ignore_cleanup_errors=True)
        self._local = WorkerProcess(limits, Path(self._folder.name), program=program)
        self._remote = ray.remote(num_cpus=1, max_retries=_RETRIES)(_prepare_there)
        self._flying: dict[Any, Job] = {}
        self._done: deque[Done] = deque()

    @property
    def in_flight(self) -> int:
        """Jobs submitted and not yet waited for."""
        return len(self._flying) + len(self._done)

    @property
    def has_room(self) -> bool:
        """Whether another job may be submitted now."""
        return self.in_flight < _FLIGHTS_PER_WORKER * max(self._workers, 1)

    def submit(self, job: Job) -> None:
        """Take a job on.

        Raises:
            KnowledgeError: there is no cluster to be reached.
        """
        if job.folder is not None:
            self._done.append(Done(job, self._local.run(job)))
            return
        try:
            with open_regular(job.source) as file:
                data = file.read(self._limits.max_file_mb * 1_000_000 + 1)
        except DocumentError:
            data = b""
        if not data or len(data) > self._limits.max_file_mb * 1_000_000:
            # Missing, empty or too large: the refusal needs no cluster.
            self._done.append(Done(job, work(job, self._limits)))
            return
        self._connect()
        suffix = PurePosixPath(job.source.name).suffix
        flying = self._remote.remote(data, suffix, job.shown, job.name, self._limits, self._program)
        self._flying[flying] = job

    def wait(self, timeout_s: float) -> Done | None:
        """The next job that is done; None when there is none in time."""
        if self._done:
            return self._done.popleft()
        ready, _ = ray.wait(list(self._flying), num_returns=1, timeout=timeout_s)
        if not ready:
            return None
        job = self._flying.pop(ready[0])
        return Done(job, self._outcome(ready[0], job))

    def _connect(self) -> None:
        if self._workers:
            return
        self._ours = not ray.is_initialized()
        if self._ours:
            _start_or_join()
        self._workers = self._wanted or int(ray.cluster_resources().get("CPU", 1))

    def _outcome(self, ready: object, job: Job) -> Outcome:
        try:
            body, raw = ray.get(ready)
            return outcome_from(body, raw, job=job)[0]
        except FrameError as error:
            return Failure(f"the cluster's answer is not understood ({error})", "Install one version everywhere.")
        except ray.exceptions.RayError as error:
            cause = str(error).strip().splitlines()[-1][:200]
            return Failure(f"the cluster could not do it ({type(error).__name__}: {cause})", "Look at its logs.")

    def close(self) -> None:
        """Give up what is in flight, and leave the cluster."""
        for flying in self._flying:
            ray.cancel(flying, force=True)
        self._flying.clear()
        self._local.stop()
        self._local.discard()
        self._folder.cleanup()
        if self._ours:
            ray.shutdown()


def _start_or_join() -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray.init(log_to_driver=False, configure_logging=False)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise KnowledgeError(
            f"the Ray cluster can not be reached: {error}",
            mend="Set RAY_ADDRESS to a running cluster, or unset it to start one on this machine.",
        ) from error


def _prepare_there(
    data: bytes, suffix: str, shown: str, name: str, limits: Limits, program: tuple[str, ...]
) -> tuple[bytes, bytes]:
    """Runs on a node: the file's bytes in, the frame of its outcome out."""
    worker, folder = _worker(limits, program)
    handle, source = tempfile.mkstemp(suffix=suffix, dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        outcome = worker.run(Job(source=Path(source), shown=shown, name=name, size=len(data)))
    finally:
        os.unlink(source)
    return encoded(*outcome_message(outcome))


@cache
def _worker(limits: Limits, program: tuple[str, ...]) -> tuple[WorkerProcess, Path]:
    """One for each process of Ray, which keeps it for the next file; its folder goes when that process ends."""
    folder = Path(tempfile.mkdtemp(prefix="coreagent-ingest-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return WorkerProcess(limits, folder, program=program), folder
