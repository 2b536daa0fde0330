"""Blocks that are too big are cut where it hurts least: tables between rows, text between sentences."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from coreagent.knowledge.structure.block import Block, BlockKind, is_delimiter, is_row
from coreagent.knowledge.structure.weight import weight

WHOLE_FACTOR = 2
"""A block, or blocks that belong together, may weigh this many times the limit before they are cut."""
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")
_ROW_START = re.compile(r"[ \t]*(?:\||\+[-=]|\*[ ]+-|<tr|</t(?:head|body)>)")
_GRID_RULE = re.compile(r"[ \t]*\+[-=+]*\+?[ \t]*\Z")
_TAGS = re.compile(r"<[^<>]*>")
_MAX_CONTEXT = 300


class Piece(NamedTuple):
    """A block, or a part of one. ``context`` says what a part can not: its table's caption and columns."""

    start: int
    end: int
    weight: int
    kind: BlockKind
    clause: int
    context: str = ""


def lead_of(text: str, block: Block) -> str:
    """A caption, or the last sentence of a paragraph that leads to something, on one line and without marks."""
    words = " ".join(text[block.start : block.end][-_MAX_CONTEXT * 2 :].replace("*", "").split())
    return (words if block.kind == "caption" else _SENTENCE_END.split(words)[-1])[-_MAX_CONTEXT:].strip()


def cut(text: str, block: Block, clause: int, *, limit: int, caption: str = "") -> list[Piece]:
    """The block as one piece, or in parts of about the limit when it weighs over twice of it.

    ``limit`` is in :func:`~coreagent.knowledge.structure.weight.weight` units.
    """
    whole = weight(text[block.start : block.end])
    if whole <= limit * WHOLE_FACTOR:
        return [Piece(block.start, block.end, whole, block.kind, clause)]
    characters = max(1, limit * (block.end - block.start) // whole)
    table = block.kind == "table"
    spans = _row_spans(text, block, characters) if table else _spans(text, block.start, block.end, characters)
    named = (caption, _columns(text, block).replace("*", "")) if table else ()
    context = " | ".join(part for part in named if part)[:_MAX_CONTEXT]
    pieces: list[Piece] = []
    for start, end in spans:
        part = text[start:end]
        if part.strip():
            pieces.append(Piece(start, end, weight(part), block.kind, clause, context if pieces else ""))
    return pieces


def _spans(text: str, start: int, end: int, limit: int) -> Iterator[tuple[int, int]]:
    """Parts of at most ``limit`` characters, cut at a blank line, else a line, a sentence, a word, else anywhere."""
    least = limit // 4
    while end - start > limit:
        window = text[start : start + limit]
        at = window.rfind("\n\n") + 2
        if at < limit // 2:
            at = window.rfind("\n") + 1
        if at < least:
            ends = [match.end() for match in _SENTENCE_END.finditer(window)]
            at = ends[-1] if ends and ends[-1] >= least else window.rfind(" ") + 1
        if at < least:
            at = limit
        yield start, start + at
        start += at
    yield start, end


def _row_spans(text: str, block: Block, limit: int) -> Iterator[tuple[int, int]]:
    """Whole rows up to ``limit`` characters; a row longer than that is cut like text."""
    grid = text.startswith("+", block.start)
    start = end = block.start
    for row_start, row_end in _rows(text, block, grid=grid):
        if end > start and row_end - start > limit:
            yield start, end
            start = row_start
        if row_end - row_start > limit * WHOLE_FACTOR:
            yield from _spans(text, row_start, row_end, limit)
            start = row_end
        end = row_end
    if end > start:
        yield start, end


def _rows(text: str, block: Block, *, grid: bool) -> Iterator[tuple[int, int]]:
    start = at = block.start
    while at < block.end:
        after = text.find("\n", at, block.end) + 1 or block.end
        line = text[at : min(after, at + 200)]
        begins = line.startswith("+") if grid else _ROW_START.match(line) is not None and not is_delimiter(line)
        if begins and at > start:
            yield start, at
            start = at
        at = after
    yield start, block.end


def _columns(text: str, block: Block) -> str:
    """The names of a table's columns, joined with `` | ``; empty where they can not be told."""
    head = text[block.start : min(block.end, block.start + 2_000)]
    if head.lstrip().startswith("<"):
        return " | ".join(_TAGS.sub(" ", cell).strip() for cell in head.split("</tr>")[0].split("</t")[:-1])
    lines = [line for line in head.split("\n") if line.strip()]
    if lines and _GRID_RULE.match(lines[0]):
        names: list[str] = []
        for line in lines[1:]:
            if _GRID_RULE.match(line):
                break
            cells = [" ".join(cell.split()) for cell in line.strip().strip("|").split("|")]
            names = [" ".join(pair).strip() for pair in zip(names, cells, strict=False)] if names else cells
        return " | ".join(names)
    if len(lines) > 1 and (is_row(lines[0]) or is_delimiter(lines[1])):
        return " | ".join(" ".join(cell.split()) for cell in lines[0].strip().strip("|").split("|"))
    return ""
