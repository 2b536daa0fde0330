"""The answer on the terminal word by word, wrapped where a line is full."""

import re
import sys

import click

from coreagent.cli.render import console, text_width
from coreagent.cli.text import printable
from coreagent.events import Token

_PIECES = re.compile(r"\n|[^\S\n]+|\S+")


class LiveAnswer:
    """Prints tokens as they come. A word is held back until its end is known, so that no line breaks inside it.

    Output that goes to a file is not wrapped.
    """

    def __init__(self) -> None:
        self._width = text_width() if console().is_terminal else 0
        self._column = 0
        self._held = ""
        self._text = ""
        self._draft: int | None = None

    @property
    def text(self) -> str:
        """The last draft so far, as it was told."""
        return self._text

    def take(self, token: Token) -> None:
        """Print a token; a later draft begins on a line of its own."""
        if self._draft is not None and token.draft != self._draft:
            self.end()
            click.secho("  written again:", dim=True, err=True)
        if token.draft != self._draft:
            self._draft, self._text = token.draft, ""
        self._text += token.text
        *whole, self._held = _PIECES.findall(self._held + printable(token.text)) or [""]
        self._print(whole)

    def end(self) -> None:
        """Print what was held back and end the line."""
        self._print([self._held])
        self._held = ""
        if self._column:
            click.echo()
            self._column = 0

    def _print(self, pieces: list[str]) -> None:
        for piece in pieces:
            if piece == "\n":
                self._column = 0
            elif piece.isspace() and self._width and self._column == 0:
                continue
            elif self._width and self._column and self._column + len(piece) > self._width:
                click.echo()
                self._column = 0 if piece.isspace() else len(piece)
                piece = "" if piece.isspace() else piece
            else:
                self._column += len(piece)
            click.echo(piece, nl=False)
        sys.stdout.flush()
