"""What a file becomes: text with a title, its own identity as a specification, and where its pages begin."""

from dataclasses import dataclass, field
from typing import Literal

from coreagent.knowledge.documents.front_matter import Meta, texts

Grammar = Literal["markdown", "rst", "text", "log"]
"""How the text shows its structure. Converted formats become Markdown; ``log`` is a command-line capture or a log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    r"""What a converter makes of one file.

    ``text`` has ``\n`` line ends. ``pages`` are the character offsets in it at which page 1, 2, ... begin, empty where
    the format has none. ``title`` and ``meta`` are what the file says of itself, if anything (for example ``author``,
    ``license``, ``label``).
    """

    text: str
    grammar: Grammar
    title: str = ""
    meta: Meta = field(default_factory=dict[str, str | tuple[str, ...]])
    pages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """A standard's own identity; empty strings where the document has none.

    ``number`` as it is cited ("TS 38.331", "O-RAN.WG4.CUS.0", "RFC 8345"), ``version`` ("17.4.0", "R003-v10.00"),
    ``release`` (the 3GPP release, "17", or the O-RAN train, "R003").
    """

    number: str = ""
    version: str = ""
    release: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    r"""One file, read. ``text`` has ``\n`` line ends; its body starts at character ``body_start``, after front matter.

    ``path`` is where it lies (for a member of an archive: the archive's path, ``!/`` and the member's), ``name`` the
    path below the folder that was added (the file's name for a single file), with ``/``. ``sha256`` is of the file's
    bytes. ``format`` names the file's kind ("pdf", "docx", "markdown", ...), ``grammar`` how ``text`` is structured.
    ``language`` is an ISO 639-1 code, empty when it can not be told. ``pages``: see :class:`Conversion`.
    """

    path: str
    name: str
    title: str
    text: str
    format: str
    grammar: Grammar
    sha256: str
    body_start: int = 0
    meta: Meta = field(default_factory=dict[str, str | tuple[str, ...]])
    specification: Specification = field(default_factory=Specification)
    language: str = ""
    pages: tuple[int, ...] = ()

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other names of the subject, from the front matter."""
        return texts(self.meta, "aliases")
