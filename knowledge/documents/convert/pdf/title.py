"""What a PDF is called: by its properties, else by the largest words of its first page."""

import re
from collections.abc import Iterator, Sequence

from coreagent.knowledge.documents.convert.pdf.lines import Line

_LARGER = 1.2
"""Times the body's font size that a title has at least."""
_LONGEST = 300
_NO_TITLE = re.compile(
    r"(?i)(?:microsoft word|\(?unspecified|\(?anonymous|untitled|document\d*\Z|powerpoint"
    r"|.*\.(?:docx?|pdf|pptx?|dvi|indd|tex)\Z)|\W*\Z"
)
_CLAUSE = re.compile(
    r"(?:\d{1,2}|[A-Z](?=\.\d))(?:\.\d{1,2}){0,7}\.?\s+\S|(?:Annex|Appendix|Chapter|Section)\s+[A-Z\d]{1,2}\b"
    r"|第\s*[\d一二三四五六七八九十]{1,3}\s*[章节節]",
    re.IGNORECASE,
)
_PART = re.compile(
    r"(?i)(?:table of )?contents|foreword|preface|abstract|(?:executive )?summary|introduction|scope|references"
    r"|目\s*[录錄次]|前\s*言|摘\s*要"
)
_PLAIN_WORD = re.compile(r"[A-Z]?[a-z]{3,}|[\u4e00-\u9fff]{3,}")


def is_name(text: str) -> bool:
    """Whether a property says something: not "untitled", nor the name of the file that it was made from."""
    return bool(text) and _NO_TITLE.match(text) is None


def title_of(declared: str, first: Sequence[Line], body_size: float) -> str:
    """The title that the file declares, if it is one, else the words in the largest font of the first page.

    Headings of clauses are none; where nothing else is large the title is empty.
    """
    if is_name(declared) and not _CLAUSE.match(declared):
        return declared
    clause = next((n for n, line in enumerate(first) if line.size > body_size and _CLAUSE.match(line.text)), len(first))
    large = [line for line in first[:clause] if line.size >= _LARGER * body_size and not _is_part(line)]
    if not large:
        return ""
    largest = max(line.size for line in large)
    words = _run(first, [line for line in large if line.size >= 0.98 * largest])
    if not _PLAIN_WORD.search(words):
        # A number only: what the document is called stands in the next smaller font.
        second = max((line.size for line in large if line.size < 0.98 * largest), default=0.0)
        name = _run(first, [line for line in large if line.size == second])
        words = f"{words}: {name}" if name else words
    return words if len(words) <= _LONGEST else ""


def _is_part(line: Line) -> bool:
    return bool(_CLAUSE.match(line.text) or _PART.fullmatch(line.text.strip(" :")))


def _run(lines: Sequence[Line], chosen: Sequence[Line]) -> str:
    """The first of the chosen lines with those that follow it without another line between."""
    wanted = set(map(id, chosen))

    def first_run() -> Iterator[str]:
        begun = False
        for line in lines:
            if id(line) in wanted:
                begun = True
                yield line.text
            elif begun:
                return

    return " ".join(first_run())
