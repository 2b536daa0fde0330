"""Search in the corpora: passages with citations, and how sure the search is."""

from typing import Annotated

from pydantic import BaseModel, Field

from coreagent.errors import KnowledgeError, ToolArgumentsError, ToolFailedError, UnknownNameError
from coreagent.knowledge.retrieval import Retrieval, Retriever
from coreagent.labels import strictest
from coreagent.tools.function_tool import tool
from coreagent.tools.tool import Tool, ToolContext, ToolResult

__all__ = ["Passage", "SearchFindings", "make_search_corpus"]

NAME = "search_corpus"
LOW_CONFIDENCE = 0.5
"""Below this it is likelier than not that nothing relevant was found."""


class Passage(BaseModel):
    """One passage as data; ``number`` is its place in the text, ``evidence`` its id."""

    number: int
    evidence: str
    corpus: str
    document: str
    section: str
    score: float


class SearchFindings(BaseModel):
    """What the search gave. ``confidence`` in 0..1: how likely anything relevant was found."""

    query: str
    confidence: float
    low_confidence: bool
    passages: tuple[Passage, ...]


def make_search_corpus(retriever: Retriever, *, low_confidence: float = LOW_CONFIDENCE) -> Tool:
    """The tool over a retriever. A run's own corpora bound what it may search."""

    @tool(name=NAME, timeout_s=30)
    async def search_corpus(
        query: Annotated[str, Field(min_length=1, max_length=4000)],
        context: ToolContext,
        corpora: Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(max_length=50)] = (),
        limit: Annotated[int, Field(ge=1, le=20)] = 6,
    ) -> ToolResult:
        """Search the knowledge corpora (O-RAN, 3GPP, network operations) and return the best passages with citations.

        Args:
            query: What to look for, in words; a question works.
            context: The run, which bounds the corpora.
            corpora: Names of corpora to search; all by default.
            limit: Number of passages, 1 to 20.
        """
        if not query.strip():
            raise ToolArgumentsError("the query is blank", tool=NAME, mend="Say in words what to look for.")
        allowed = _allowed(corpora, context.corpora)
        try:
            found = await retriever.search(query, corpora=allowed, limit=limit, label=context.label.sensitivity)
        except UnknownNameError as error:
            raise ToolArgumentsError(error.message, tool=NAME, mend=error.mend) from error
        except KnowledgeError as error:
            raise ToolFailedError(error.message, tool=NAME, mend=error.mend) from error
        return _result(found, low_confidence)

    return search_corpus


def _allowed(asked: tuple[str, ...], permitted: tuple[str, ...]) -> tuple[str, ...]:
    """Corpora to search: those asked for, within those the question may use.

    Raises:
        ToolArgumentsError: one was asked for that the question may not use.
    """
    if not permitted:
        return asked
    outside = [name for name in asked if name not in permitted]
    if outside:
        raise ToolArgumentsError(
            f"this question may not search {', '.join(map(repr, outside))}",
            tool=NAME,
            mend=f"Allowed: {', '.join(permitted)}.",
        )
    return asked or permitted


def _result(found: Retrieval, low_confidence: float) -> ToolResult:
    low = found.confidence < low_confidence or not found.hits
    evidence = tuple(hit.evidence for hit in found.hits)
    findings = SearchFindings(
        query=found.query,
        confidence=found.confidence,
        low_confidence=low,
        passages=tuple(
            Passage(
                number=number,
                evidence=hit.evidence.id,
                corpus=hit.evidence.citation.corpus,
                document=hit.evidence.citation.document,
                section=hit.evidence.citation.section,
                score=hit.score,
            )
            for number, hit in enumerate(found.hits, 1)
        ),
    )
    lines = [f"[{n}] {item.text.strip()}\n    ({item.citation})" for n, item in enumerate(evidence, 1)]
    if not lines:
        lines = [f"No passage was found for {found.query[:200]!r}."]
    elif low:
        lines.insert(0, f"Low confidence ({found.confidence:.2f}): these passages may not answer the question.")
    lines += [f"Note: {note}" for note in found.notes]
    return ToolResult(
        text="\n".join(lines),
        data=findings.model_dump(mode="json"),
        evidence=evidence,
        label=strictest(item.label for item in evidence),
    )
