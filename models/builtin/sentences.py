"""Sentences of a passage: prose, list items, and table rows as sentences of their own."""

import re

_ABBREVIATIONS = (
    "e.g.",
    "i.e.",
    "etc.",
    "vs.",
    "cf.",
    "fig.",
    "no.",
    "sec.",
    "eq.",
    "approx.",
    "resp.",
    "incl.",
    "ref.",
)
_STOP = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9\u4e00-\u9fff])|(?<=[\u3002\uff01\uff1f])\s*")
_BULLET = re.compile(r"^\s*(?:[-*+\u2022]|\d{1,2}[.)])\s+")
_RULE = re.compile(r"^\s*\|?[\s:|-]+\|?\s*$")
_MARKUP = re.compile(r"(?<![\w*])(\*\*|__)(?=\S)(.+?)(?<=\S)\1(?![\w*])")
_BREAK = re.compile(r"<br ?/?>", re.IGNORECASE)
_LINK = re.compile(r"\[([^\]]+)\]\([^)\s]+\)")
_REFERENCE = re.compile(r"\[(\d[\d,;\s\u2013-]*)\]")


def split_sentences(text: str) -> list[str]:
    """Sentences of running text; abbreviations, decimals and versions do not end one."""
    pieces: list[str] = []
    for piece in _STOP.split(text):
        joined = piece.strip()
        if pieces and pieces[-1].lower().endswith(_ABBREVIATIONS):
            pieces[-1] = f"{pieces[-1]} {joined}"
        elif joined:
            pieces.append(joined)
    return pieces


def passage_sentences(passage: str) -> list[str]:
    """Sentences of a Markdown passage, ready to be quoted: no headings, no markup, no bracketed numbers.

    A table row becomes ``header: cell; header: cell``, a list item a sentence of its own with the line that leads in.
    """
    found: list[str] = []
    paragraph: list[str] = []
    header: list[str] = []
    lead = ""

    def flush() -> None:
        found.extend(split_sentences(" ".join(paragraph)))
        paragraph.clear()

    for line in passage.splitlines():
        if "|" in line and line.strip().startswith("|"):
            flush()
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if _RULE.match(line):
                continue
            if header:
                found.append(_row(header, cells))
            else:
                header = cells
            continue
        header = []
        if not line.strip() or line.lstrip().startswith(("#", "```", "---", "===", ":::")):
            flush()
        elif _BULLET.match(line):
            if paragraph and paragraph[-1].rstrip().endswith(":"):
                lead = split_sentences(" ".join(paragraph))[-1]
                paragraph.clear()
            flush()
            item = _BULLET.sub("", line).strip()
            paragraph.append(f"{lead} {item}" if lead else item)
        else:
            if not line.startswith(" ") and not paragraph:
                lead = ""
            paragraph.append(line.strip())
    flush()
    return [quoted for sentence in found if len(quoted := _plain(sentence)) > 2]


def _row(header: list[str], cells: list[str]) -> str:
    pairs = [(name, cell) for name, cell in zip(header, cells, strict=False) if cell and cell != "-"]
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in pairs)


def _plain(sentence: str) -> str:
    text = _LINK.sub(r"\1", _MARKUP.sub(r"\2", _BREAK.sub(" ", sentence)).replace("`", ""))
    # Bracketed numbers are our citation markers, so those of the source are set in round brackets.
    return re.sub(r"\s+", " ", _REFERENCE.sub(r"(\1)", text)).strip()
