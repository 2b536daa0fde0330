"""The clause tree of a document, from its headings."""

from collections.abc import Iterable

from coreagent.knowledge.documents.document import Grammar
from coreagent.knowledge.structure.block import Block
from coreagent.knowledge.structure.blocks import blocks
from coreagent.knowledge.structure.clauses import Clause
from coreagent.knowledge.structure.headings import split_number


def outline(text: str, grammar: Grammar, *, body_start: int = 0) -> tuple[Clause, ...]:
    """The clauses in order; every heading is one, also a heading without words."""
    return clauses_of(blocks(text, grammar, body_start=body_start))


def clauses_of(parsed: Iterable[Block]) -> tuple[Clause, ...]:
    """The clauses of a text that was cut into blocks already."""
    open_: list[int] = []  # positions of the headings above, outermost first
    starts: list[Block] = []
    ends: list[int] = []
    parents: list[int] = []
    last = 0
    for block in parsed:
        if block.level:
            while open_ and starts[open_[-1]].level >= block.level:
                ends[open_.pop()] = last
            parents.append(open_[-1] if open_ else -1)
            open_.append(len(starts))
            starts.append(block)
            ends.append(block.end)
        last = block.end
    for at in open_:
        ends[at] = last
    return _named(starts, ends, parents)


def _named(headings: list[Block], ends: list[int], parents: list[int]) -> tuple[Clause, ...]:
    clauses: list[Clause] = []
    for block, end, parent in zip(headings, ends, parents, strict=True):
        number, title = split_number(block.title)
        above = clauses[parent].path if parent >= 0 else ""
        path = f"{above} > {block.title}" if above and block.title else above or block.title
        clauses.append(
            Clause(number=number, title=title, path=path, level=block.level, start=block.start, end=end, parent=parent)
        )
    return tuple(clauses)
