"""YANG source as a tree of statements (RFC 7950, clause 6). Names are not resolved and imports not needed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_DEPTH = 200
_MAX_STATEMENTS = 2_000_000
_TOKEN = re.compile(
    r"(?P<blank>\s+|//[^\n]*|/\*(?s:.*?)\*/)"
    r'|"(?P<double>(?:[^"\\]|\\.)*+)"'
    r"|'(?P<single>[^']*)'"
    r"|(?P<mark>[{};])"
    r"|(?P<word>(?:[^\s{};\"'/+]|/(?![/*])|\+(?!\s|[\"'])|(?<=\S)[\"'])++)"
    r"|(?P<plus>\+)",
    re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


class YangSyntaxError(ValueError):
    """Source that is not YANG; ``line`` counts from 1."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line = line


@dataclass(slots=True)
class Statement:
    """``keyword argument { children }``."""

    keyword: str
    argument: str = ""
    children: list["Statement"] = field(default_factory=list["Statement"])

    def all(self, *keywords: str) -> Iterator["Statement"]:
        """Children with one of these keywords."""
        return (child for child in self.children if child.keyword in keywords)

    def first(self, keyword: str) -> str:
        """Argument of the first child with this keyword, or an empty string."""
        return next((child.argument for child in self.children if child.keyword == keyword), "")


def parse_yang(source: str) -> Statement:
    """The module or submodule.

    Raises:
        YangSyntaxError: the source is not one module or submodule, or is nested too deep.
    """
    top = Statement("")
    open_: list[Statement] = [top]
    words: list[str] = []
    joining = False
    at = count = 0
    while at < len(source):
        found = _TOKEN.match(source, at)
        if found is None:
            raise YangSyntaxError(f"unexpected {source[at]!r}", source.count("\n", 0, at) + 1)
        kind = found.lastgroup or ""
        at = found.end()
        if kind == "blank":
            continue
        if kind == "plus":
            joining = True
            continue
        if kind == "mark":
            problem = _close_or_open(open_, words, found.group())
            count += 1
            if problem or count > _MAX_STATEMENTS:
                raise YangSyntaxError(problem or "too many statements", source.count("\n", 0, at) + 1)
            words, joining = [], False
            continue
        word = _value(kind, found)
        if joining and len(words) == 2:
            words[1] += word
        else:
            words.append(word)
        joining = False
    if len(open_) != 1 or words:
        raise YangSyntaxError("the file ends in the middle of a statement", source.count("\n") + 1)
    if len(top.children) != 1 or top.children[0].keyword not in ("module", "submodule"):
        raise YangSyntaxError("there is no module", 1)
    return top.children[0]


def _close_or_open(open_: list[Statement], words: list[str], mark: str) -> str:
    """Carry out ``{``, ``}`` or ``;``; returns what is wrong with it, or an empty string."""
    if mark == "}":
        if words:
            return f"{words[0]!r} has no end"
        if len(open_) == 1:
            return "a closing brace too many"
        open_.pop()
        return ""
    if not 1 <= len(words) <= 2:
        return f"{' '.join(words)[:80]!r} is no statement"
    statement = Statement(words[0], words[1] if len(words) == 2 else "")
    open_[-1].children.append(statement)
    if mark == "{":
        open_.append(statement)
    return f"nested deeper than {MAX_DEPTH}" if len(open_) > MAX_DEPTH else ""


def _value(kind: str, found: re.Match[str]) -> str:
    if kind != "double":
        return str(found[kind])
    text = found["double"]
    # RFC 7950, 6.1.3: blanks around a line end inside double quotes are layout.
    text = re.sub(r"[ \t]*\n[ \t]*", "\n", text)
    return re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[0]), text, flags=re.DOTALL)
