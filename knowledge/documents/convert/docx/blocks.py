"""The blocks of a Word document in their order, before they are written: captions find their tables here."""

import re
from dataclasses import dataclass
from typing import Literal

from coreagent.knowledge.documents.convert.tables import fence, is_caption, one_line

_OF_TABLE = re.compile(r"(?:table|tab\.|tabelle|tableau|表)", re.IGNORECASE)

Kind = Literal["heading", "text", "list", "code", "caption", "table"]


@dataclass(slots=True)
class Block:
    """A block with its lines; ``caption`` is a table's, written already."""

    kind: Kind
    lines: list[str]
    caption: str = ""


def bold(text: str) -> str:
    """Words in bold, in one line, as captions are."""
    return f"**{one_line(text)}**"


def arranged(found: list[Block]) -> list[Block]:
    """Each caption of a table joined to it, whether the document writes captions above or below."""
    captions = [at for at, block in enumerate(found) if block.kind == "caption" and _OF_TABLE.match(block.lines[0][2:])]
    kinds = [block.kind for block in found]
    above = sum(at + 1 < len(found) and kinds[at + 1] == "table" for at in captions)
    below = sum(at > 0 and kinds[at - 1] == "table" for at in captions)
    order = (-1, 1) if below > above else (1, -1)
    joined: set[int] = set()
    for at, block in enumerate(found[:-1]):
        # Typed as a common paragraph, without the style that captions have.
        if block.kind == "text" and kinds[at + 1] == "table" and is_caption(block.lines[0]):
            found[at + 1].caption = bold(block.lines[0])
            joined.add(at)
    for at in captions:
        for step in order:
            beside = at + step
            if 0 <= beside < len(found) and kinds[beside] == "table" and not found[beside].caption:
                found[beside].caption = found[at].lines[0]
                joined.add(at)
                break
    return [block for at, block in enumerate(found) if at not in joined]


def written(block: Block) -> str:
    """The block as Markdown."""
    text = "\n".join(block.lines)
    if block.kind == "code":
        return fence(text.rstrip(), "asn1" if "::=" in text or "ASN1START" in text else "")
    return f"{block.caption}\n{text}" if block.caption else text
