"""The text that a citation rests on, with the cited span."""

from coreagent.answer import Citation
from coreagent.errors import KnowledgeError, UnknownNameError
from coreagent.knowledge.library import Library
from coreagent.knowledge.reports import DocumentInfo
from coreagent.knowledge.search.evidence import cited_name
from coreagent.tui.seams.chat import Clause
from coreagent.wiring.system import System

_LINE = 400
"""How far a piece is cut back, in characters, so that it begins and ends with a line."""


def clause_of(citation: Citation, system: System, *, around: int) -> Clause:
    """The source of a citation, with up to ``around`` characters on each side of what is cited. Reads files.

    A tool is no document: what it is and what it applies is said in words.

    Raises:
        KnowledgeError: the corpus or the document is gone, or too short by now.
    """
    if citation.corpus == "tool":
        return _of_tool(citation, system)
    document = _document_of(citation, system.library)
    if citation.end > len(document.text):
        raise KnowledgeError(
            f"{citation.document!r} in corpus {citation.corpus!r} was replaced by a shorter document",
            mend="Ask again: the answer then rests on the document as it is now.",
        )
    return piece_of(document, citation, around=around)


def whole_document(library: Library, corpus: str, slug: str) -> Clause:
    """A document from its beginning to its end; nothing in it is cited.

    Raises:
        UnknownNameError: no such corpus or document.
    """
    (document,) = library.show(corpus, slug)
    citation = Citation(corpus=corpus, document=document.title)
    return Clause(citation=citation, title=_title(document), text=document.text, start=0, end=0)


def piece_of(document: DocumentInfo, citation: Citation, *, around: int) -> Clause:
    """What is cited with the text around it, from the beginning of a line to the end of one where lines are short."""
    text, start, end = document.text, max(0, citation.start), max(0, citation.end)
    first, last = max(0, start - around), min(len(text), end + around)
    if first:
        line = text.find("\n", first, min(first + _LINE, start))
        first = first if line < 0 else line + 1
    if last < len(text):
        line = text.rfind("\n", max(last - _LINE, end), last)
        last = last if line < 0 else line
    return Clause(
        citation=citation,
        title=_title(document),
        text=text[first:last],
        start=start - first,
        end=end - first,
        offset=first,
        before=first > 0,
        after=last < len(text),
    )


def _document_of(citation: Citation, library: Library) -> DocumentInfo:
    """The document of this name; of several, the one that has the cited clause's heading before the cited span."""
    try:
        named = [
            info
            for info in library.show(citation.corpus)
            if citation.document in (cited_name(info.title, info.specification), info.title, info.slug)
        ]
        found = [library.show(citation.corpus, info.slug)[0] for info in named[:_MOST]]
    except UnknownNameError as error:
        raise KnowledgeError(f"the source of this citation is gone: {error}", mend=_ASK_AGAIN) from error
    if not found:
        raise KnowledgeError(f"{citation.document!r} is not in corpus {citation.corpus!r} any more", mend=_ASK_AGAIN)
    heading = citation.section.rpartition(" > ")[2]
    fitting = [
        info for info in found if citation.end <= len(info.text) and heading in info.text[: max(citation.start, 1_000)]
    ]
    return (fitting or found)[0]


def _of_tool(citation: Citation, system: System) -> Clause:
    lines = [f"The tool {citation.document} computed this value; it stands in no document."]
    if citation.section:
        lines.append(f"It applies: {citation.section}.")
    if citation.document in system.tools.names:
        lines.extend(("", system.tools.get(citation.document).info.description))
    return Clause(citation=citation, title=f"tool {citation.document}", text="\n".join(lines), start=0, end=0)


def _title(document: DocumentInfo) -> str:
    return cited_name(document.title, document.specification)


_MOST = 20
"""Documents of one name that are looked into."""
_ASK_AGAIN = "Add it again, or ask again: the answer then rests on the corpora as they are now."
