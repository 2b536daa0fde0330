"""Which lines of a PDF are headings, and of which level: by its outline, by clause numbers, by the size of the font."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from coreagent.knowledge.documents.convert.pdf.lines import Line, is_wide
from coreagent.knowledge.documents.convert.pdf.page import Bookmark

_LARGER = 1.1
"""Times the body's font size: a numbered line in such a font is a heading."""
_MUCH_LARGER = 1.17
_MAX_HEADING = 200
_JOINED_LINES = 3
_CLAUSE = re.compile(
    r"(?P<number>(?:\d{1,3}|[A-Z](?=\.\d))(?:\.\d{1,3}[A-Za-z]?){0,7}|(?:Annex|ANNEX|Appendix|APPENDIX) [A-Z]{1,2}\b)"
    r"(?P<after>\.?[ \t:]+|(?=\s*\()|\Z)(?P<title>.*)"
)
_ANNEX = re.compile(r"(?:annex|appendix)", re.IGNORECASE)
_CAPTION = re.compile(r"(?:Table|Figure|Fig\.|图|表)\s*[A-Z]?[\d.]", re.IGNORECASE)
_NO_TITLE = re.compile(r"[a-z,;.)\d]")
_NO_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Heading:
    """``lines`` lines from a position on are one heading of this level."""

    level: int
    lines: int
    text: str


class Headings:
    """Tells headings from text, once the whole document's lines are known."""

    def __init__(self, lines: Sequence[Line], bookmarks: Sequence[Bookmark], *, may_have_cover: bool = False) -> None:
        letters: Counter[float] = Counter()
        bold = total = 0
        for line in lines:
            letters[line.size] += len(line.text)
            bold += len(line.text) * line.bold
            total += len(line.text)
        self.body_size = letters.most_common(1)[0][0] if letters else 10.0
        self._bold_tells = 2 * bold <= total
        self._cover = 0 if may_have_cover and not self._has_clause(lines) else -1
        # Where clauses of a depth have a larger font, a bold line with such a number is an item of a list.
        self._large_depths = {
            _depth(found["number"])
            for line in lines
            if line.size >= _LARGER * self.body_size and (found := _CLAUSE.match(line.text)) and found["title"]
        }
        self._front = self._below_title(lines)
        self._marks: dict[int, dict[str, int]] = {}
        # Some outlines have the document's title above its clauses: then all levels are one too deep.
        numbered = [(mark, found) for mark in bookmarks if (found := _CLAUSE.match(mark.title)) and found["title"]]
        deeper = Counter(mark.level - _depth(found["number"]) for mark, found in numbered).most_common(1)
        shift = max(deeper[0][0], 0) if deeper else 0
        for mark in bookmarks:
            self._marks.setdefault(mark.page, {}).setdefault(_key(mark.title), min(max(mark.level - shift, 1), 6))
        self._levels = self._levels_by_size(lines)

    def _has_clause(self, lines: Sequence[Line]) -> bool:
        """Whether the first page has a numbered heading, so that it is no cover."""
        first = [line.text for line in lines if line.page == 0 and line.size >= _LARGER * self.body_size]
        return any(found is not None and found["title"] for found in map(_CLAUSE.match, first))

    def _below_title(self, lines: Sequence[Line]) -> set[int]:
        """Lines between the title and the first clause on the first page: authors and addresses, in large type too."""
        first = [line for line in lines if line.page == 0]
        clause = next((n for n, line in enumerate(first) if _CLAUSE.match(line.text) and line.size > self.body_size), 0)
        largest = max((line.size for line in first), default=0.0)
        return {id(line) for line in first[:clause] if line.size < largest}

    def at(self, lines: Sequence[Line], position: int) -> Heading | None:
        """The heading that begins at this position, or None."""
        line = lines[position]
        if line.mono or line.page == self._cover or not 0 < len(line.text) <= _MAX_HEADING:
            return None
        return self._marked(lines, position) or self._by_looks(lines, position)

    def _marked(self, lines: Sequence[Line], position: int) -> Heading | None:
        """A heading that the outline names, perhaps without its number."""
        marks = self._marks.get(lines[position].page)
        if not marks:
            return None
        text = ""
        for count in range(1, _JOINED_LINES + 1):
            if position + count > len(lines) or not _alike(lines[position], lines[position + count - 1]):
                break
            text = f"{text} {lines[position + count - 1].text}".strip()
            found = _CLAUSE.match(text)
            bare = found is not None and not _CLAUSE.match(found["title"])
            level = marks.get(_key(text)) or (marks.get(_key(found["title"])) if found and bare else None)
            if level:
                number = _depth(found["number"]) if found and found["title"] else 0
                return Heading(number or level, count, text)
        return None

    def _by_looks(self, lines: Sequence[Line], position: int) -> Heading | None:
        line = lines[position]
        found = _CLAUSE.match(line.text)
        large = line.size >= _LARGER * self.body_size
        bold = line.bold and self._bold_tells and found is not None and self._may_be_bold(found)
        stands_out = large or bold
        if found and not _CAPTION.match(line.text) and self._is_clause(lines, position, found, stands_out=stands_out):
            return self._joined(lines, position, _depth(found["number"]))
        if id(line) in self._front:
            return None
        if line.size >= _MUCH_LARGER * self.body_size and not _CAPTION.match(line.text) and _is_title(line):
            return self._joined(lines, position, self._levels.get(line.size, 1))
        return None

    def _may_be_bold(self, found: re.Match[str]) -> bool:
        """Whether bold alone can make a clause of a numbered line; "5 MHz" in bold is none."""
        depth, title = _depth(found["number"]), found["title"].strip()
        named = title[:1].isupper() or is_wide(title[:1])
        return depth not in self._large_depths and (depth > 1 or not title or (named and _letters(title) >= 4))

    def _is_clause(self, lines: Sequence[Line], position: int, found: re.Match[str], *, stands_out: bool) -> bool:
        title, line = found["title"].strip(), lines[position]
        if not title:
            below = lines[position + 1] if position + 1 < len(lines) else None
            same = below is not None and below.size == line.size and below.bold == line.bold
            return stands_out and same and "." in found["number"] + "." * bool(_ANNEX.match(found["number"]))
        if _NO_TITLE.match(title) and not stands_out:
            return False
        if stands_out:
            return len(title) > 1 and not title.endswith((",", ";"))
        deep = "." in found["number"]
        return deep and len(line.text) <= 90 and not title.endswith((".", ",", ";", ":")) and _alone(lines, position)

    def _joined(self, lines: Sequence[Line], position: int, level: int) -> Heading:
        """A heading that runs over several lines of the same look."""
        first, text, count = lines[position], lines[position].text, 1
        while count < _JOINED_LINES and position + count < len(lines):
            line, before = lines[position + count], lines[position + count - 1]
            same = _alike(first, line)
            gap = line.y - before.y
            stands_out = first.size >= _LARGER * self.body_size or first.bold
            if not same or not stands_out or not 0 < gap <= 1.45 * first.size or _CLAUSE.match(line.text):
                break
            text, count = f"{text} {line.text}", count + 1
        return Heading(level, count, text)

    def _levels_by_size(self, lines: Sequence[Line]) -> dict[float, int]:
        """Level of a heading without a number: as numbered headings of its size, else by rank among the sizes."""
        seen: dict[float, Counter[int]] = {}
        sizes: set[float] = set()
        for line in lines:
            if line.page == self._cover or line.mono or line.size < _MUCH_LARGER * self.body_size:
                continue
            sizes.add(line.size)
            found = _CLAUSE.match(line.text)
            if found and found["title"]:
                seen.setdefault(line.size, Counter())[_depth(found["number"])] += 1
        levels = {size: counts.most_common(1)[0][0] for size, counts in seen.items()}
        ranked = sorted(sizes, reverse=True)
        for rank, size in enumerate(ranked):
            above = [levels[other] for other in ranked[:rank] if other in levels]
            levels.setdefault(size, min(max(above) + 1 if above else (1 if levels else rank + 1), 6))
        return levels


def _alike(line: Line, other: Line) -> bool:
    return line.page == other.page and line.size == other.size and line.bold == other.bold


def _depth(number: str) -> int:
    return 1 if _ANNEX.match(number) else min(number.count(".") + 1, 6)


def _alone(lines: Sequence[Line], position: int) -> bool:
    """Whether white stands above and below a line."""
    line = lines[position]
    gaps: list[float] = []
    if position and lines[position - 1].page == line.page:
        gaps.append(line.y - lines[position - 1].y)
    if position + 1 < len(lines) and lines[position + 1].page == line.page:
        gaps.append(lines[position + 1].y - line.y)
    return all(gap < 0 or gap > 1.6 * line.size for gap in gaps)


def _is_title(line: Line) -> bool:
    """Words of their own on the line; "UE" and "AMF" side by side are labels of a drawing."""
    return len(line.pieces) == 1 and _letters(line.text) >= 4


def _letters(text: str) -> int:
    return sum(2 if is_wide(letter) else letter.isalpha() for letter in text)


def _key(text: str) -> str:
    return _NO_LETTERS.sub("", text).casefold()
