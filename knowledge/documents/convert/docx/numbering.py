"""Automatic numbers of Word made visible: numbering.xml (ECMA-376 part 1, 17.9) and the counters as a document runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import replace as changed

from coreagent.knowledge.documents.convert.counters import letters, roman
from coreagent.knowledge.documents.convert.docx.styles import Style, W, integer, is_on, value
from coreagent.knowledge.documents.convert.markup import Element

LEVELS = 9
MAX_LABEL = 80
"""Characters of a label before its counters are filled in."""
_BULLET = "bullet"
_CHINESE = "零一二三四五六七八九"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    start: int = 1
    form: str = "decimal"
    text: str = ""
    style: str = ""
    decimal_only: bool = False
    restart: int = -1


@dataclass(frozen=True, slots=True)
class _List:
    """One ``w:num``: which abstract numbering counts for it, with its own levels and its own starts."""

    abstract: str
    levels: tuple[_Level, ...]
    starts: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Label:
    """``text`` is what Word shows ("5.3.1", "a)"), empty for a bullet; ``level`` counts from 0."""

    text: str
    level: int
    bullet: bool


class Numbering:
    """Counts. Ask for every numbered paragraph, in document order."""

    def __init__(self, root: Element | None, styles: Mapping[str, Style]) -> None:
        """``root`` is that of numbering.xml, None in a document without lists."""
        self._lists = _lists(root, styles) if root is not None else {}
        self._counters: dict[str, list[int | None]] = {}
        self._started: set[int] = set()

    def label(self, num_id: int, level: int, *, style_id: str = "", default: int = 0) -> Label | None:
        """The label of the next paragraph of this list, or None when there is no such list.

        A ``level`` below 0 is looked up: the level that is tied to the paragraph's style, else ``default``.
        """
        numbered = self._lists.get(num_id)
        if numbered is None:
            return None
        tied = next((at for at, one in enumerate(numbered.levels) if style_id and one.style == style_id), -1)
        level = level if level >= 0 else tied if tied >= 0 else default
        if level >= len(numbered.levels):
            return None
        counters = self._counters.setdefault(numbered.abstract, [None] * LEVELS)
        if num_id not in self._started:
            self._started.add(num_id)
            for at, start in numbered.starts.items():
                counters[at] = start - 1
        one = numbered.levels[level]
        current = counters[level]
        counters[level] = one.start if current is None else current + 1
        for deeper in range(level + 1, min(LEVELS, len(numbered.levels))):
            restart = numbered.levels[deeper].restart
            # lvlRestart 0 never restarts; n restarts after level n, counted from 1.
            if restart < 0 or (restart and level < restart):
                counters[deeper] = None
        if one.form == _BULLET:
            return Label("", level, True)
        return Label(_shown(numbered.levels, one, counters), level, False)


def _shown(levels: tuple[_Level, ...], one: _Level, counters: list[int | None]) -> str:
    text = one.text
    for at in range(min(LEVELS, len(levels))):
        mark = f"%{at + 1}"
        if mark in text:
            count = counters[at]
            number = levels[at].start if count is None else count
            form = "decimal" if one.decimal_only else levels[at].form
            text = text.replace(mark, _FORMS.get(form, str)(max(number, 0)))
    return text.strip()


def _lists(root: Element, styles: Mapping[str, Style]) -> dict[int, _List]:
    abstracts = {element.get(f"{W}abstractNumId", ""): element for element in root.iterchildren(f"{W}abstractNum")}
    nums = {integer_of(element.get(f"{W}numId")): element for element in root.iterchildren(f"{W}num")}
    found: dict[int, _List] = {}
    for num_id, element in nums.items():
        abstract = value(element.find(f"{W}abstractNumId"))
        linked = value(abstracts[abstract].find(f"{W}numStyleLink")) if abstract in abstracts else ""
        # A list style keeps its levels at the numbering that the style itself names.
        other = nums.get(styles[linked].num_id) if linked in styles else None
        abstract = value(other.find(f"{W}abstractNumId")) if other is not None else abstract
        if abstract not in abstracts:
            continue
        levels = [_Level()] * LEVELS
        for raw in abstracts[abstract].iterchildren(f"{W}lvl"):
            _put(levels, raw)
        starts: dict[int, int] = {}
        for override in element.iterchildren(f"{W}lvlOverride"):
            at = integer_of(override.get(f"{W}ilvl"))
            start = integer(override.find(f"{W}startOverride"))
            own = override.find(f"{W}lvl")
            if own is not None:
                _put(levels, own)
            if start >= 0 and 0 <= at < LEVELS:
                starts[at] = start
        found[num_id] = _List(abstract, tuple(levels), starts)
    return found


def _put(levels: list[_Level], raw: Element) -> None:
    at = integer_of(raw.get(f"{W}ilvl"))
    if not 0 <= at < LEVELS:
        return
    start = integer(raw.find(f"{W}start"))
    legal = raw.find(f"{W}isLgl")
    level = _Level(
        form=value(raw.find(f"{W}numFmt")) or "decimal",
        text=value(raw.find(f"{W}lvlText"))[:MAX_LABEL],
        style=value(raw.find(f"{W}pStyle")),
        decimal_only=legal is not None and is_on(legal.get(f"{W}val"), True),
        restart=integer(raw.find(f"{W}lvlRestart")),
    )
    levels[at] = changed(level, start=start) if start >= 0 else level


def integer_of(text: str | None) -> int:
    """A number that is not negative, else -1."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else -1


def _chinese(number: int) -> str:
    if number >= 100:
        return str(number)
    tens, ones = divmod(number, 10)
    head = "" if not tens else "十" if tens == 1 else f"{_CHINESE[tens]}十"
    return head + (_CHINESE[ones] if ones or not tens else "")


_FORMS: Mapping[str, Callable[[int], str]] = {
    "lowerLetter": letters,
    "upperLetter": lambda number: letters(number).upper(),
    "lowerRoman": roman,
    "upperRoman": lambda number: roman(number).upper(),
    "decimalZero": lambda number: f"{number:02d}",
    "chineseCounting": _chinese,
    "chineseCountingThousand": _chinese,
    "japaneseCounting": _chinese,
    "taiwaneseCountingThousand": _chinese,
    "ideographDigital": _chinese,
    "none": lambda number: "",
}
