"""The clauses of a document: a tree of headings with numbers, each with the span of text that it governs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One heading with everything below it.

    ``number`` is the clause's own ("5.3.1", "A.2", "Annex B"), empty where headings are not numbered; ``title`` its
    words without the number. ``path`` joins number and title of all headings above and itself with " > ".
    ``level`` is 1 for the top. ``document.text[start:end]`` is the clause with all its subclauses; ``parent`` is the
    position of the clause above in the document's tuple of clauses, -1 at the top.
    """

    number: str
    title: str
    path: str
    level: int
    start: int
    end: int
    parent: int = -1
