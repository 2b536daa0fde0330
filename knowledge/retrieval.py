"""The seam to the corpora: a question in, evidence out."""

from dataclasses import dataclass, field
from typing import Protocol

from coreagent.answer import Evidence
from coreagent.labels import Sensitivity


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Which passages may be found; an empty condition lets all pass.

    ``documents`` name documents by slug, number ("TS 38.331") or title; ``releases`` are those of the specifications
    ("17"); ``sections`` are clause numbers, which include their subclauses, or words of the heading path; ``languages``
    are ISO 639-1 codes; nothing labelled above ``label`` is found. ``all_versions`` finds superseded versions too.
    """

    documents: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    label: Sensitivity | None = None
    all_versions: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a passage stands where it stands.

    ``features`` are the numbers that were fused, each 0..1, and ``weights`` what each was multiplied with; their sum of
    products with the constant is the logit of the score. ``terms`` are the words found with what each adds to BM25.
    ``found_by`` says which search proposed it (words, meaning, a clause that was named), ``query`` which of the
    question's searches it answers best, ``hidden`` the other copies or versions that it stands for.
    """

    features: dict[str, float]
    weights: dict[str, float]
    terms: tuple[tuple[str, float], ...]
    found_by: tuple[str, ...]
    query: str
    hidden: tuple[str, ...] = ()
    reranked: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One passage that was found, and why.

    ``score`` in 0..1 is the fused, calibrated confidence (the re-ranker's, where there is one); ``lexical`` and
    ``dense`` are the raw scores behind it (BM25, cosine). ``evidence.score`` equals ``score``. ``passage`` is the span
    that was found; ``evidence`` may show more of the clause around it.
    """

    evidence: Evidence
    score: float
    lexical: float
    dense: float
    passage: tuple[int, int] = (0, 0)
    explanation: Explanation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieval:
    """What a search gave. ``confidence`` in 0..1: how likely anything relevant was found at all.

    ``searches`` are the texts that were searched: the question, its parts, its options. ``notes`` say what went
    otherwise than asked, for example a re-ranker that did not answer.
    """

    query: str
    hits: tuple[Hit, ...]
    confidence: float
    searches: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())


class Retriever(Protocol):
    """Searches corpora."""

    async def search(
        self,
        query: str,
        *,
        corpora: tuple[str, ...] = (),
        limit: int = 6,
        where: Where | None = None,
        label: Sensitivity = Sensitivity.PUBLIC,
    ) -> Retrieval:
        """Best passages first; all corpora when none is named.

        ``label`` is the question's own: it is sent to no embedder and no re-ranker that may not see it.

        Raises:
            UnknownNameError: a corpus that does not exist.
            EmbedderMismatchError: a corpus whose index another embedder made.
            KnowledgeError: a corpus that can not be read.
        """
        ...
