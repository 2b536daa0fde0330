"""A retriever whose searches stand in the trace."""

from dataclasses import dataclass

from coreagent.knowledge.retrieval import Retrieval, Retriever, Where
from coreagent.labels import Sensitivity
from coreagent.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class TracedRetriever:
    """Opens a ``retrieval`` span for each search of ``inner``."""

    inner: Retriever
    telemetry: Telemetry

    async def search(
        self,
        query: str,
        *,
        corpora: tuple[str, ...] = (),
        limit: int = 6,
        where: Where | None = None,
        label: Sensitivity = Sensitivity.PUBLIC,
    ) -> Retrieval:
        """As the inner retriever."""
        with self.telemetry.retrieval_span(query, corpora) as span:
            found = await self.inner.search(query, corpora=corpora, limit=limit, where=where, label=label)
            span.finish([(hit.evidence.id, hit.score) for hit in found.hits], confidence=found.confidence)
            return found
