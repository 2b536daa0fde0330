"""The corpora of the system. Files are read in worker threads, so that runs go on meanwhile."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from coreagent.errors import UsageError
from coreagent.knowledge.reports import AddReport, Step
from coreagent.knowledge.search.evidence import cited_name
from coreagent.labels import Sensitivity
from coreagent.terminal.agents import Agents
from coreagent.terminal.source import whole_document
from coreagent.tui.seams.chat import Clause
from coreagent.tui.seams.corpora import Added, Adding, CorpusState, DocumentState, Passage


class _StoppedError(Exception):
    """Leaves an import between two files."""


class CorporaInside:
    """See :class:`coreagent.tui.seams.corpora.Corpora`. For the engine's loop."""

    def __init__(self, agents: Agents) -> None:
        self._agents = agents

    async def list(self) -> tuple[CorpusState, ...]:
        """All corpora."""
        async with self._agents.lease() as agent:
            found = await asyncio.to_thread(agent.system.library.list)
        return tuple(
            CorpusState(
                name=info.name,
                label=str(info.label),
                documents=info.documents,
                chunks=info.chunks,
                characters=info.characters,
                read_only=info.read_only,
            )
            for info in found
        )

    async def documents(self, corpus: str) -> tuple[DocumentState, ...]:
        """Its documents."""
        async with self._agents.lease() as agent:
            found = await asyncio.to_thread(agent.system.library.show, corpus)
        return tuple(
            DocumentState(
                slug=info.slug,
                title=info.title,
                format=info.format,
                chunks=info.chunks,
                characters=info.characters,
                # The name that citations have begins with number and version, where the title does not say them.
                specification=cited_name("", info.specification).removesuffix(": "),
            )
            for info in found
        )

    async def read(self, corpus: str, document: str) -> Clause:
        """A whole document."""
        async with self._agents.lease() as agent:
            return await asyncio.to_thread(whole_document, agent.system.library, corpus, document)

    async def add(
        self, paths: Sequence[Path], *, name: str, label: str = "", progress: Callable[[Adding], None] | None = None
    ) -> Added:
        """Read files and folders into a corpus; ``progress`` is called from the thread that reads.

        Cancelled, it returns when the file in hand is stored.
        """
        sensitivity = _sensitivity(label)
        stop = threading.Event()

        def tell(step: Step) -> None:
            if progress is not None:
                progress(_adding(step))
            if stop.is_set():
                raise _StoppedError

        async with self._agents.lease() as agent:
            work = asyncio.create_task(
                asyncio.to_thread(agent.system.library.add, paths, name=name, label=sensitivity, progress=tell)
            )
            try:
                report = await asyncio.shield(work)
            except asyncio.CancelledError:
                stop.set()
                await asyncio.wait([work])
                if not work.cancelled() and isinstance(error := work.exception(), Exception):
                    # Whoever stopped it hears only that it stopped; what went wrong meanwhile would be lost.
                    error.__traceback__ = None
                raise
        return _added(report)

    async def search(self, query: str, *, corpora: Sequence[str] = (), limit: int = 20) -> tuple[Passage, ...]:
        """Passages, best first."""
        async with self._agents.lease() as agent:
            label = agent.system.deps.defaults.label.sensitivity
            found = await agent.system.library.search(query, corpora=tuple(corpora), limit=limit, label=label)
        return tuple(
            Passage(citation=hit.evidence.citation, text=hit.evidence.text, score=hit.score) for hit in found.hits
        )

    async def remove(self, corpus: str) -> None:
        """Delete a corpus."""
        async with self._agents.lease() as agent:
            await asyncio.to_thread(agent.system.library.remove, corpus)


def _sensitivity(label: str) -> Sensitivity | None:
    try:
        return Sensitivity.parse(label) if label else None
    except ValueError as error:
        raise UsageError(str(error), mend="Or leave it out: a new corpus is public.") from error


def _adding(step: Step) -> Adding:
    return Adding(files=step.files, total=step.total, chunks=step.chunks, path=str(step.path), outcome=step.outcome)


def _added(report: AddReport) -> Added:
    return Added(
        corpus=report.corpus,
        added=report.added,
        replaced=report.replaced,
        unchanged=report.unchanged,
        chunks=report.chunks,
        seconds=report.seconds,
        failed=tuple((str(path), reason) for path, reason in report.failed),
        skipped=tuple((str(path), reason) for path, reason in report.skipped),
    )
