"""Commands: lines that begin with a slash and are done by the app instead of being asked."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

_LINE = re.compile(r"/(?P<name>[A-Za-z][A-Za-z-]*)?(?:\s+(?P<arguments>.*))?\Z", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """Names that completions offer: corpora, models by role, flags."""

    corpora: tuple[str, ...] = ()
    models: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    flags: tuple[str, ...] = ()


Complete = Callable[[str, Choices], Sequence[str]]
"""What may stand in place of the last word of the arguments typed so far, however that word begins."""


@dataclass(frozen=True, slots=True)
class Command:
    """``usage`` names the arguments, optional ones in brackets; ``words`` say what the command does."""

    name: str
    words: str
    usage: str = ""
    complete: Complete | None = None

    @property
    def bare(self) -> bool:
        """It can be called without arguments."""
        return not self.usage or self.usage.startswith("[")


@dataclass(frozen=True, slots=True)
class Call:
    """A command and its arguments, on one line."""

    name: str
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """There is no such command; ``close`` is the nearest one, or empty."""

    name: str
    close: str = ""


class Commands:
    """All commands, in the order in which they are listed."""

    def __init__(self, commands: Iterable[Command]) -> None:
        self._commands = {command.name: command for command in commands}

    def __iter__(self) -> Iterator[Command]:
        return iter(self._commands.values())

    def get(self, name: str) -> Command | None:
        """The command of that name."""
        return self._commands.get(name)

    def parse(self, line: str) -> Call | Unknown | None:
        """What a text calls; None for a question: two slashes, or no name behind the slash, as in ``/etc/hosts``."""
        match = _LINE.match(line.strip())
        if match is None:
            return None
        name = (match["name"] or "").lower()
        if name in self._commands:
            return Call(name, " ".join((match["arguments"] or "").split("\n")).strip())
        close = get_close_matches(name, self._commands, n=1)
        return Unknown(name, close[0] if close else "")

    def beginning(self, word: str) -> list[Command]:
        """Those whose names begin with ``word``, then those that hold it."""
        word = word.lower()
        first = [command for command in self if command.name.startswith(word)]
        return first + [command for command in self if word in command.name and command not in first]


def question_of(text: str) -> str:
    """The question itself: of two slashes at its beginning one goes."""
    return text[1:] if text.startswith("//") else text
