"""Documents become chunks: by clause, then by size; what belongs together stays together where it fits.

A table stays with its caption and its notes, a list with the sentence that leads to it, a note with what it is about.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from coreagent.knowledge.documents.document import Grammar
from coreagent.knowledge.structure.block import Block
from coreagent.knowledge.structure.blocks import blocks
from coreagent.knowledge.structure.clauses import Clause
from coreagent.knowledge.structure.cutting import WHOLE_FACTOR, Piece, cut, lead_of
from coreagent.knowledge.structure.definitions import definition_clauses
from coreagent.knowledge.structure.outline import clauses_of
from coreagent.knowledge.structure.weight import weight

CHUNK_CHARACTERS = 1_000
"""Latin characters; see :mod:`coreagent.knowledge.structure.weight`."""

Kind = Literal["text", "table", "code", "definition"]


@dataclass(frozen=True, slots=True)
class Chunk:
    """``text`` is exactly ``document.text[start:end]``, in characters; ``section`` is the heading path.

    ``clause`` is the position of the clause it stands in among the document's clauses, -1 above the first heading.
    ``kind`` is what most of it is. ``context`` is what has to be read before the text to understand it, where that
    stands in an earlier chunk: the caption and column names of a table that goes on here, or the sentence that leads
    to a list. It belongs in front of the text in an index and before a model.
    """

    section: str
    start: int
    end: int
    text: str
    clause: int = -1
    kind: Kind = "text"
    context: str = ""


class Division(NamedTuple):
    """A text, divided: its clauses and its chunks."""

    clauses: tuple[Clause, ...]
    chunks: tuple[Chunk, ...]


def divide(text: str, grammar: Grammar, *, body_start: int = 0, limit: int = CHUNK_CHARACTERS) -> Division:
    """Clauses and chunks of a text, read once.

    Chunks are in order. They never overlap, and all non-blank text from ``body_start`` on lies in one. A heading
    stands in the chunk of the text below it; headings without any text join the next chunk.
    """
    parsed = list(blocks(text, grammar, body_start=body_start))
    clauses = clauses_of(parsed)
    return Division(clauses, tuple(_Packer(text, clauses, limit).chunks(parsed)))


def chunk(text: str, grammar: Grammar, *, body_start: int = 0, limit: int = CHUNK_CHARACTERS) -> Iterator[Chunk]:
    """The chunks alone; see :func:`divide`."""
    yield from divide(text, grammar, body_start=body_start, limit=limit).chunks


def first_heading(text: str, grammar: Grammar, *, body_start: int = 0) -> str:
    """Words of the first heading with any, or an empty string; plain text and logs have none."""
    if grammar in ("text", "log"):
        return ""
    return next((b.title for b in blocks(text, grammar, body_start=body_start) if b.level and b.title), "")


class _Packer:
    """Fills chunks with pieces up to the limit."""

    def __init__(self, text: str, clauses: tuple[Clause, ...], limit: int) -> None:
        self._text, self._clauses, self._limit = text, clauses, limit
        self._ascii = text.isascii()
        self._definitions = definition_clauses(clauses)
        self._held: list[Piece] = []
        self._weight = 0
        self._begun = False  # whether any held piece is more than a heading

    def chunks(self, parsed: Iterable[Block]) -> Iterator[Chunk]:
        clause = -1
        for unit in _units(self._text, parsed):
            if unit[0].level:
                clause += 1
                if self._begun:
                    yield self._chunk()
            weights = [self._weigh(block) for block in unit]
            total = sum(weights)
            if self._weight > self._limit or (self._begun and self._weight + total > self._limit):
                yield self._chunk()
            if total <= self._limit * WHOLE_FACTOR:
                for block, size in zip(unit, weights, strict=True):
                    self._hold(Piece(block.start, block.end, size, block.kind, clause))
            else:
                yield from self._in_parts(unit, clause)
        if self._held:
            yield self._chunk()

    def _weigh(self, block: Block) -> int:
        return block.end - block.start if self._ascii else weight(self._text[block.start : block.end])

    def _in_parts(self, unit: list[Block], clause: int) -> Iterator[Chunk]:
        """Cut what is too big; the first part of what follows a caption or a leading sentence stays with it."""
        lead = ""
        for number, block in enumerate(unit):
            pieces = cut(self._text, block, clause, limit=self._limit, caption=lead)
            glued = number > 0 and (block.kind == "note" or unit[number - 1].kind in ("caption", "text"))
            for piece in pieces:
                room = self._limit * (WHOLE_FACTOR if glued else 1)
                if self._held and (self._begun or self._weight > self._limit) and self._weight + piece.weight > room:
                    yield self._chunk()
                    if lead and not piece.context and block.kind in ("table", "list"):
                        piece = piece._replace(context=lead)
                self._hold(piece)
                glued = False
            if block.kind == "caption" or (number == 0 and block.kind == "text"):
                lead = lead_of(self._text, block)

    def _hold(self, piece: Piece) -> None:
        self._held.append(piece)
        self._weight += piece.weight
        self._begun = self._begun or piece.kind != "heading"

    def _chunk(self) -> Chunk:
        held = self._held
        start, end, clause = held[0].start, held[-1].end, held[-1].clause
        made = Chunk(
            section=self._clauses[clause].path if clause >= 0 else "",
            start=start,
            end=end,
            text=self._text[start:end],
            clause=clause,
            kind="definition" if clause in self._definitions else _kind(held),
            context=held[0].context,
        )
        self._held, self._weight, self._begun = [], 0, False
        return made


def _kind(held: list[Piece]) -> Kind:
    """What most of the chunk is."""
    sizes = {"text": 0, "table": 0, "code": 0}
    for piece in held:
        sizes[piece.kind if piece.kind in ("table", "code") else "text"] += piece.weight
    if sizes["table"] > max(sizes["text"], sizes["code"]):
        return "table"
    return "code" if sizes["code"] > sizes["text"] else "text"


def _units(text: str, parsed: Iterable[Block]) -> Iterator[list[Block]]:
    """Blocks that belong together."""
    everything = list(parsed)
    unit: list[Block] = []
    for at, block in enumerate(everything):
        follower = everything[at + 1] if at + 1 < len(everything) else None
        if unit and not _belongs(text, unit, block, follower):
            yield unit
            unit = []
        unit.append(block)
    if unit:
        yield unit


def _belongs(text: str, unit: list[Block], block: Block, follower: Block | None) -> bool:
    last = unit[-1]
    if block.level or last.level:
        return False
    before_table = follower is not None and follower.kind == "table"
    match block.kind:
        case "note":
            return True
        case "table":
            return last.kind == "caption" or _leads(text, last)
        case "caption":
            return _leads(text, last) if before_table else last.kind == "table"
        case "list":
            return _leads(text, last) or (last.kind == "list" and _leads(text, unit[0]))
        case "code":
            return _leads(text, last)
        case _:
            return last.kind == "list" and text[block.start].isspace()


def _leads(text: str, block: Block) -> bool:
    """Whether the block ends with the colon that leads to a list, a table or code."""
    return block.kind in ("text", "list") and text[max(block.start, block.end - 8) : block.end].rstrip(
        " \t*_"
    ).endswith((":", "："))
