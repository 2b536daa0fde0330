"""Several copies or versions of one passage become one hit: the newest, in its best text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from coreagent.knowledge.store.rows import ChunkRow
from coreagent.knowledge.structure.specification import version_key

SAME = 0.8
"""Share of words that two passages have in common from which on they are copies (Jaccard)."""
BEST_TEXT = (
    ("docx", "markdown", "rst", "yang", "openapi"),
    ("pptx", "xlsx"),
    ("pdf",),
    ("html",),
)
"""Formats whose text says most surely what is a heading, a table, a value, before those where that is guessed."""
_RANKS = {name: -place for place, names in enumerate(BEST_TEXT) for name in names}
_VERSION = re.compile(r"v?\d+(?:\.\d+)+")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Positions in the list that was collapsed: the one that is shown, and those that it stands for."""

    shown: int
    hidden: tuple[int, ...] = ()


def collapse(rows: Sequence[ChunkRow], *, limit: int) -> tuple[Group, ...]:
    """Groups of copies, in the order of their best member, up to ``limit`` of them.

    ``rows`` come best first. Shown is the newest member by its specification's version, else by a version number in its
    path, else by :data:`BEST_TEXT`; where nothing differs, the best.
    """
    groups: list[list[int]] = []
    words: list[frozenset[str]] = []
    for at, row in enumerate(rows):
        own = frozenset(_WORD.findall(row.text.lower()))
        copy = next((group for group, other in enumerate(words) if _same(own, other)), None)
        if copy is not None:
            groups[copy].append(at)
        elif len(groups) == limit:
            break
        else:
            groups.append([at])
            words.append(own)
    return tuple(_group(group, rows) for group in groups)


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    # Sizes alone rule most pairs out.
    small, large = sorted((len(one), len(other)))
    return small >= SAME * large and len(one & other) >= SAME * len(one | other)


def _group(members: list[int], rows: Sequence[ChunkRow]) -> Group:
    # max() keeps the first of equals, and the best comes first.
    shown = max(members, key=lambda at: _merit(rows[at]))
    return Group(shown=shown, hidden=tuple(at for at in members if at != shown))


def _merit(row: ChunkRow) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    found = _VERSION.findall(row.slug)
    written = tuple(int(part) for part in found[-1].lstrip("v").split(".")) if found else ()
    return version_key(row.specification), written, _RANKS.get(row.format, -len(BEST_TEXT))
