"""What a worker hands back for one document: everything the store needs but the vectors."""

from dataclasses import dataclass

from coreagent.knowledge.documents.document import Document
from coreagent.knowledge.glossary import Term
from coreagent.knowledge.structure.chunking import Chunk
from coreagent.knowledge.structure.clauses import Clause


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """One document, read, cut and looked through.

    ``terms`` are the abbreviations and definitions that it states itself. ``signature`` is its MinHash over word
    shingles (see ``structure.signature``), by which near-duplicate versions are told; empty for a text too short.
    ``postings`` are what the word index needs of each chunk (see ``index.postings``); made when stored if left empty.
    """

    document: Document
    clauses: tuple[Clause, ...]
    chunks: tuple[Chunk, ...]
    terms: tuple[Term, ...] = ()
    signature: bytes = b""
    postings: tuple[bytes, ...] = ()
