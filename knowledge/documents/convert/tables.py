"""Plain text, tables and code written as Markdown, so that nothing in a file's words turns into structure by chance."""

import re
from collections.abc import Iterable, Sequence

_DROPPED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u2060\ufeff\ufffe\uffff]")
_LINE_END = re.compile("\r\n|[\r\u0085\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACE = re.compile("[\u00a0\u2007\u202f]")
_STRUCTURE = re.compile(
    r"#{1,6}(?:[ \t]|\Z)|`{3}|~{3}|\||=+[ \t]*\Z|(?:\*[ \t]*){3,}\Z|>"
    r"|[-:| \t]+\Z|\+[-=]|<(?:table|pre|script|style|textarea|!--)",
    re.IGNORECASE,
)
_PARTING = re.compile(r"\n[ \t]*\n")
_TICKS = re.compile(r"`{3,}")
_BLANK = re.compile(r"[ \t]+")

# Without a colon it may be a sentence ("Table 3 shows the timers."), which ends as one.
_CAPTION = re.compile(r"(?:Table|表)\s*[A-Z0-9][\w.-]*(?:\s*[:：]\s*\S.{0,200}|\s+\S.{0,150}[^.:;,。：；])")

MAX_COLUMNS = 200
"""Columns of a table. One hostile row of many cells would otherwise widen all others."""
REPEATED_CHARACTERS = 80
"""A cell merged over several rows is repeated in each, so that no row depends on another, and a header merged over
several columns in each of them, up to this length."""

Row = Sequence[str]


def clean(text: str) -> str:
    r"""Text that can be stored: ``\n`` line ends, no control characters, no soft hyphens, no lone surrogates."""
    if text.isascii() and text.isprintable():
        return text
    text = _DROPPED.sub("", _LINE_END.sub("\n", text))
    return _SPACE.sub(" ", _SURROGATE.sub("\ufffd", text))


def one_line(text: str) -> str:
    """All white space, line ends too, as single spaces."""
    return " ".join(text.split())


def paragraph(text: str) -> str:
    """A paragraph's words: blank lines left out, and a line that looks like a heading, a rule or a fence escaped."""
    lines = (escape(line.rstrip()) for line in text.strip().split("\n") if line.strip())
    return "\n".join(lines)


def prose(text: str) -> str:
    """Several paragraphs, with blank lines between as they were."""
    return "\n\n".join(filter(None, map(paragraph, _PARTING.split(text))))


def tabbed(text: str) -> str:
    """Tabs as spaces, but for the one between a short term and what it stands for ("AMF<tab>Access and ...")."""
    head, tab, rest = text.partition("\t")
    keeps = tab and len(head) <= 40 and "\n" not in head and not head.endswith((":", "]"))
    rest = rest.replace("\t", " ").strip()
    return f"{head}\t{rest}" if keeps and rest else f"{head} {rest}"


def escape(line: str) -> str:
    """One line with a backslash before what Markdown would take for structure at its start; ``_`` and ``*`` stay."""
    words = line.lstrip(" \t")
    return f"{line[: len(line) - len(words)]}\\{words}" if _STRUCTURE.match(words) else line


def heading(level: int, text: str) -> str:
    """A heading; levels below 6 stay 6, the deepest that Markdown has."""
    return f"{'#' * min(max(level, 1), 6)} {one_line(text)}"


def fence(code: str, language: str = "") -> str:
    """A block of code with a fence longer than any inside it."""
    longest = max((len(ticks) for ticks in _TICKS.findall(code)), default=2)
    marks = "`" * (longest + 1)
    return f"{marks}{language}\n{code}\n{marks}"


def cell(text: str) -> str:
    """A cell's words in one line: line ends become ``<br>``, bars are escaped."""
    lines = (_BLANK.sub(" ", line).strip() for line in text.split("\n"))
    return "<br>".join(line for line in lines if line).replace("|", "\\|")


def row(cells: Iterable[str]) -> str:
    """One line of a table."""
    return f"| {' | '.join(cells)} |"


def table(rows: Sequence[Row], *, headers: int = 1, caption: str = "") -> str:
    """A table with its caption in bold on the line above; empty when no cell holds anything.

    The first ``headers`` rows become the header row, for Markdown has only one: different words above each other are
    joined with " / ". Short rows are filled up, columns and body rows without a word are left out. What goes beyond
    :data:`MAX_COLUMNS` is joined in the last of them.
    """
    width = min(max((len(cells) for cells in rows), default=0), MAX_COLUMNS)
    full = [_fitted([cell(text) for text in cells], width) for cells in rows]
    kept = [column for column in range(width) if any(cells[column] for cells in full)]
    if not kept:
        return f"**{one_line(caption)}**" if caption.strip() else ""
    body = [[cells[column] for column in kept] for cells in full]
    top = _stacked(body[: max(headers, 1)])
    lines = [row(top), row("---" for _ in kept)]
    lines += [row(cells) for cells in body[max(headers, 1) :] if any(cells)]
    if caption.strip():
        lines.insert(0, f"**{one_line(caption)}**")
    return "\n".join(lines)


def is_caption(text: str) -> bool:
    """Whether a paragraph that stands right above a table names it: "Table 5.1-2: Timers"."""
    return _CAPTION.fullmatch(text) is not None


def _fitted(cells: list[str], width: int) -> list[str]:
    if len(cells) > width:
        return [*cells[: width - 1], " / ".join(text for text in cells[width - 1 :] if text)]
    return cells + [""] * (width - len(cells))


def _stacked(rows: Sequence[Row]) -> list[str]:
    return [" / ".join(dict.fromkeys(text for text in column if text)) for column in zip(*rows, strict=True)]


def document(blocks: Iterable[str]) -> str:
    """Blocks with a blank line between them, empty ones left out."""
    text = "\n\n".join(block for block in blocks if block.strip())
    return f"{text}\n" if text else ""
