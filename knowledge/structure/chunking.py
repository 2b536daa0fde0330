"""Documents become chunks: by heading, then by size; paragraphs, tables and code stay whole where they fit."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from coreagent.knowledge.documents.document import Grammar
from coreagent.knowledge.structure.blocks import Block, blocks

CHUNK_CHARACTERS = 1_000
_WHOLE_FACTOR = 2
"""One block may be this many times the limit before it is cut."""
_SENTENCE_END = re.compile(r"(?<=[.!?。])\s+|(?<=[。！？])")


Kind = Literal["text", "table", "code", "definition"]


@dataclass(frozen=True, slots=True)
class Chunk:
    """``text`` is exactly ``document.text[start:end]``, in characters; ``section`` is the heading path.

    ``clause`` is the position of the clause it stands in among the document's clauses, -1 above the first heading.
    """

    section: str
    start: int
    end: int
    text: str
    clause: int = -1
    kind: Kind = "text"


def chunk(text: str, grammar: Grammar, *, body_start: int = 0, limit: int = CHUNK_CHARACTERS) -> Iterator[Chunk]:
    """Chunks in order. They never overlap, and all non-blank text from ``body_start`` on lies in one.

    A heading stands in the chunk of the text below it; headings without any text join the next chunk.
    """
    path: list[tuple[int, str]] = []
    held: list[Block] = []
    begun = False  # whether any held block is more than a heading
    for block in blocks(text, grammar, body_start=body_start):
        if block.level:
            if begun:
                yield _joined(text, held, path)
                held, begun = [], False
            while path and path[-1][0] >= block.level:
                path.pop()
            path.append((block.level, block.title))
        for piece in _pieces(text, block, limit):
            full = held and held[-1].end - held[0].start > limit
            if full or (begun and piece.end - held[0].start > limit):
                yield _joined(text, held, path)
                held, begun = [], False
            held.append(piece)
            begun = begun or not piece.level
    if held:
        yield _joined(text, held, path)


def first_heading(text: str, grammar: Grammar, *, body_start: int = 0) -> str:
    """Words of the first heading with any, or an empty string; plain text has none."""
    if grammar == "text":
        return ""
    return next((b.title for b in blocks(text, grammar, body_start=body_start) if b.level and b.title), "")


def _joined(text: str, held: list[Block], path: list[tuple[int, str]]) -> Chunk:
    start, end = held[0].start, held[-1].end
    return Chunk(" > ".join(title for _, title in path if title), start, end, text[start:end])


def _pieces(text: str, block: Block, limit: int) -> list[Block]:
    """The block, or its parts when it is too big: cut at line ends, else sentence ends, else anywhere."""
    if block.end - block.start <= limit * _WHOLE_FACTOR:
        return [block]
    parts: list[Block] = []
    start = block.start
    while block.end - start > limit:
        window = text[start : start + limit]
        cut = window.rfind("\n") + 1
        if cut < limit // 4:
            ends = [match.end() for match in _SENTENCE_END.finditer(window)]
            cut = ends[-1] if ends and ends[-1] >= limit // 4 else window.rfind(" ") + 1
        if cut < limit // 4:
            cut = limit
        parts.append(Block(start, start + cut, block.level, block.title))
        start += cut
    parts.append(Block(start, block.end, block.level, block.title))
    return [part for part in parts if text[part.start : part.end].strip()]
