"""The one door to lxml: XML and HTML as trees, without entities, network, comments or processing instructions."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from lxml import etree

Element = etree._Element  # pyright: ignore[reportPrivateUsage] - lxml has no public name for the type of an element


class Readable(Protocol):
    """Bytes, piece by piece."""

    def read(self, n: int = -1, /) -> bytes:
        """At most ``n`` bytes, none at the end."""
        ...


class TooDeepError(Exception):
    """A page whose elements are nested deeper than the parser goes on."""


def read_xml(stream: Readable) -> Element:
    """The root of a document.

    Raises:
        SyntaxError: not well-formed, an entity bomb, or nested more than 256 deep.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    return etree.parse(stream, parser).getroot()


def iterate_xml(stream: Readable, tags: Sequence[str]) -> Iterator[Element]:
    """Elements with these tags as they end, while the rest is still unread; :func:`release` those that are done.

    Raises:
        SyntaxError: as for :func:`read_xml`, possibly after some elements.
    """
    events = etree.iterparse(
        stream, tag=tags, resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    for _, element in events:
        yield element


def release(element: Element) -> None:
    """Give back the memory of an element of :func:`iterate_xml`, and of what stands before it in its parent."""
    element.clear()
    parent = element.getparent()
    # Without this the done elements would stay as empty shells.
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def local_name(element: Element) -> str:
    """The tag without its namespace; empty for what is no element (an entity)."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def read_html(text: str) -> Element | None:
    """The root of a page, however broken, or None when nothing is in it.

    Raises:
        TooDeepError: nested more than 2,048 deep; what comes after can not be read.
    """
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=True, recover=True
    )
    try:
        # As bytes: an encoding that is declared in a text would contradict the text's own.
        root = etree.fromstring(text.encode("utf-8"), parser)
    except etree.XMLSyntaxError:
        root = None
    if any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT or "depth" in entry.message for entry in parser.error_log):
        raise TooDeepError
    return root


def walk(root: Element) -> "etree.iterwalk[tuple[str, Element]]":
    """The starts and ends of all elements, in order and without recursion; ``skip_subtree()`` passes over one."""
    return etree.iterwalk(root, events=("start", "end"))
