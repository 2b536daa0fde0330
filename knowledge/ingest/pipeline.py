"""Files on their way into a corpus: walked, compared, prepared by an engine, embedded and stored.

Memory is bounded by what is in flight: the jobs of the engine, and the documents of the group that is embedded next. A
group is stored in one transaction, so a process that is killed loses no more than that, and no document is ever stored
in part.
"""

import shutil
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import DocumentError
from coreagent.knowledge.clearance import refusal
from coreagent.knowledge.documents.archives import SEPARATOR, Member, is_archive
from coreagent.knowledge.documents.reading import file_digest
from coreagent.knowledge.documents.walk import Found, walk
from coreagent.knowledge.ingest.counter import Counter
from coreagent.knowledge.ingest.engine import Engine
from coreagent.knowledge.ingest.jobs import Done, Failure, Job
from coreagent.knowledge.ingest.prepare import spelled, stored_path
from coreagent.knowledge.reports import AddReport, Progress, Step
from coreagent.knowledge.store.prepared import Prepared
from coreagent.knowledge.store.rows import CorpusRow
from coreagent.knowledge.store.store import Store
from coreagent.models.embedding import Embedder

_GROUP_CHUNKS = 512
_SLICE_CHUNKS = 2_048
_GROUP_SECONDS = 0.5
_GROUP_CHARACTERS = 4_000_000
_FLYING_BYTES = 64_000_000
"""Files in flight may be this large together; a larger one flies alone with what was in the air already."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was done so far. ``failed`` and ``skipped`` name files with the reason; only the former is an error."""

    outcomes: dict[str, int] = field(default_factory=lambda: {"added": 0, "replaced": 0, "unchanged": 0})
    failed: list[tuple[Path, str]] = field(default_factory=list[tuple[Path, str]])
    skipped: list[tuple[Path, str]] = field(default_factory=list[tuple[Path, str]])
    chunks: int = 0
    bytes_read: int = 0
    embed_seconds: float = 0.0
    store_seconds: float = 0.0

    def report(self, corpus: str, *, seconds: float) -> AddReport:
        """For the caller of the library; the lists are sorted, since workers end in any order."""
        return AddReport(
            corpus=corpus,
            added=self.outcomes["added"],
            replaced=self.outcomes["replaced"],
            unchanged=self.outcomes["unchanged"],
            failed=tuple(sorted(self.failed)),
            skipped=tuple(sorted(self.skipped)),
            chunks=self.chunks,
            bytes=self.bytes_read,
            seconds=seconds,
            embed_seconds=self.embed_seconds,
            store_seconds=self.store_seconds,
        )


@dataclass(slots=True)
class _Archive:
    """An unpacked archive: its folder goes when the last member is done."""

    folder: Path
    left: int = 0


@dataclass(frozen=True, slots=True)
class _Task:
    """A job with the path that the report names, and the archive that it is a member of."""

    job: Job
    path: Path
    archive: _Archive | None = None


class Intake:
    """One ``add``."""

    def __init__(
        self,
        store: Store,
        corpus: Callable[[], CorpusRow],
        *,
        embedder: Embedder,
        engine: Engine,
        known: Mapping[str, str],
        progress: Progress | None = None,
    ) -> None:
        """``corpus`` makes or gives the corpus; ``known`` is the sha256 of each of its documents by path."""
        self._store, self._corpus, self._embedder, self._engine = store, corpus, embedder, engine
        self._known, self._progress = known, progress
        self._tally = Tally()
        self._files = 0
        self._counter: Counter | None = None
        self._members: deque[_Task] = deque()
        self._tasks: dict[int, _Task] = {}
        self._group: list[tuple[_Task, Prepared]] = []
        self._group_since = 0.0
        self._flying_bytes = 0
        self._folder = Path()

    def run(self, paths: Sequence[Path]) -> Tally:
        """Take in everything below the paths.

        Raises:
            KnowledgeError: the corpus can not be written, or no worker can be started. What was stored stays.
            ModelError: the embedder failed.
        """
        self._counter = Counter(paths) if self._progress else None
        try:
            with tempfile.TemporaryDirectory(prefix="coreagent-unpacked-", ignore_cleanup_errors=True) as folder:
                self._folder = Path(folder)
                self._work(self._walked(paths))
        finally:
            if self._counter:
                self._counter.stop()
        return self._tally

    def _work(self, walked: Iterator[_Task]) -> None:
        while True:
            while self._may_fly() and (task := self._next(walked)) is not None:
                self._tasks[id(task.job)] = task
                self._flying_bytes += task.job.size
                self._engine.submit(task.job)
            if not self._engine.in_flight:
                break
            done = self._engine.wait(_GROUP_SECONDS)
            if done is not None:
                self._take(done)
            if self._group and self._is_due():
                self._store_group()
        if self._group:
            self._store_group()

    def _may_fly(self) -> bool:
        return self._engine.has_room and self._flying_bytes < _FLYING_BYTES

    def _next(self, walked: Iterator[_Task]) -> _Task | None:
        # Members first, so that no more archives lie unpacked than have to.
        return self._members.popleft() if self._members else next(walked, None)

    def _walked(self, paths: Sequence[Path]) -> Iterator[_Task]:
        for found in walk(paths):
            if found.skipped:
                self._leave_out(found.path, found.skipped, failed=found.failed)
            elif (task := self._task(found)) is not None:
                yield task

    def _task(self, found: Found) -> _Task | None:
        # Workers have a working directory of their own.
        source, shown, name = found.path.absolute(), stored_path(found.path), spelled(found.name)
        if is_archive(found.path.name):
            folder = Path(tempfile.mkdtemp(dir=self._folder))
            return _Task(Job(source=source, shown=shown, name=name, size=found.size, folder=folder), found.path)
        if self._is_known(shown, found.path):
            self._finish(found.path, "unchanged")
            return None
        return _Task(Job(source=source, shown=shown, name=name, size=found.size), found.path)

    def _is_known(self, shown: str, path: Path) -> bool:
        try:
            return shown in self._known and self._known[shown] == file_digest(path)
        except DocumentError:
            return False  # the worker says why

    def _take(self, done: Done) -> None:
        task = self._tasks.pop(id(done.job))
        self._flying_bytes -= task.job.size
        outcome = done.outcome
        if isinstance(outcome, Prepared) and (reason := refusal(self._embedder, outcome.document)):
            self._leave_out(task.path, reason, failed=True)
        elif isinstance(outcome, Prepared):
            self._group_since = self._group_since if self._group else time.monotonic()
            self._group.append((task, outcome))
        elif isinstance(outcome, Failure):
            self._leave_out(task.path, str(outcome), failed=True)
        else:
            self._open(task, outcome)
            return
        if task.archive is not None:
            task.archive.left -= 1
            if not task.archive.left:
                shutil.rmtree(task.archive.folder, ignore_errors=True)
        elif done.job.folder is not None:
            shutil.rmtree(done.job.folder, ignore_errors=True)

    def _open(self, task: _Task, members: Sequence[Member]) -> None:
        """The members of an archive become tasks; the archive itself is no document."""
        folder = task.job.folder or self._folder
        archive = _Archive(folder)
        if self._counter:
            self._counter.more(len(members) - 1)
        stem = task.job.name.removesuffix(Path(task.job.name).suffix)
        for member in members:
            path = Path(f"{task.path}{SEPARATOR}{member.name}")
            shown = spelled(f"{task.job.shown}{SEPARATOR}{member.name}")
            if member.problem:
                self._leave_out(path, member.problem, failed=member.failed)
            elif self._known.get(shown) == member.sha256:
                self._finish(path, "unchanged")
            else:
                name = spelled(f"{stem}/{member.name.replace(SEPARATOR, '/')}")
                size = member.path.stat().st_size
                archive.left += 1
                self._members.append(
                    _Task(Job(source=member.path, shown=shown, name=name, size=size), path, archive=archive)
                )
        if not archive.left:
            shutil.rmtree(folder, ignore_errors=True)

    def _is_due(self) -> bool:
        chunks = sum(len(prepared.chunks) for _, prepared in self._group)
        characters = sum(len(prepared.document.text) for _, prepared in self._group)
        late = time.monotonic() - self._group_since > _GROUP_SECONDS
        return late or chunks >= _GROUP_CHUNKS or characters >= _GROUP_CHARACTERS

    def _store_group(self) -> None:
        started = time.monotonic()
        vectors = self._embedded(text for _, prepared in self._group for text in embedded_texts(prepared))
        embedded = time.monotonic()
        entries: list[tuple[Prepared, NDArray[np.float32]]] = []
        start = 0
        for _, prepared in self._group:
            entries.append((prepared, vectors[start : start + len(prepared.chunks)]))
            start += len(prepared.chunks)
        outcomes = self._store.put_many(self._corpus(), entries)
        self._tally.embed_seconds += embedded - started
        self._tally.store_seconds += time.monotonic() - embedded
        group, self._group = self._group, []
        for (task, prepared), outcome in zip(group, outcomes, strict=True):
            self._tally.chunks += 0 if outcome == "unchanged" else len(prepared.chunks)
            self._tally.bytes_read += task.job.size
            self._finish(task.path, outcome)

    def _embedded(self, texts: Iterator[str]) -> NDArray[np.float32]:
        """Shape ``(chunks, dimensions)``; a slice at a time, since one document may have a hundred thousand chunks."""
        parts = [np.empty((0, self._embedder.identity.dimensions), dtype=np.float32)]
        while part := list(islice(texts, _SLICE_CHUNKS)):
            parts.append(self._embedder.embed(part))
        return parts[1] if len(parts) == 2 else np.concatenate(parts)

    def _finish(self, path: Path, outcome: str) -> None:
        self._tally.outcomes[outcome] += 1
        self._tell(path, outcome)

    def _leave_out(self, path: Path, reason: str, *, failed: bool) -> None:
        (self._tally.failed if failed else self._tally.skipped).append((path, reason))
        self._tell(path, reason)

    def _tell(self, path: Path, outcome: str) -> None:
        self._files += 1
        if self._progress:
            total = self._counter.total if self._counter else 0
            self._progress(Step(path=path, outcome=outcome, files=self._files, total=total, chunks=self._tally.chunks))


def embedded_texts(prepared: Prepared) -> Iterator[str]:
    """What the embedder sees of each chunk: the document's title, the chunk's context, its text."""
    for chunk in prepared.chunks:
        yield ". ".join(filter(None, (prepared.document.title, chunk.context, chunk.text)))
