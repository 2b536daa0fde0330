"""Text becomes blocks: headings, paragraphs, lists, code and tables, each with its character span, in one pass."""

from collections.abc import Callable, Iterator

from coreagent.knowledge.documents.document import Grammar
from coreagent.knowledge.structure.block import Block, Line, lines_of
from coreagent.knowledge.structure.markdown import markdown_reader
from coreagent.knowledge.structure.plain import log_reader, plain_reader
from coreagent.knowledge.structure.restructured import rst_reader

_READERS: dict[Grammar, Callable[[list[Line]], Callable[[int], tuple[Block, int]]]] = {
    "markdown": markdown_reader,
    "rst": rst_reader,
    "text": plain_reader,
    "log": log_reader,
}


def blocks(text: str, grammar: Grammar, *, body_start: int = 0) -> Iterator[Block]:
    """Blocks of the text from ``body_start`` on, in order; every non-blank line lies in exactly one."""
    lines = lines_of(text, body_start=body_start)
    read = _READERS[grammar](lines)
    at = 0
    while at < len(lines):
        if lines[at].blank:
            at += 1
            continue
        block, at = read(at)
        yield block
