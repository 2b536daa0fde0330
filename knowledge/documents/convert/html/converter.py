"""Web pages as Markdown: headings, lists, tables, code and words; scripts, menus and hidden parts left out.

Nothing is executed and nothing is fetched. The tree is walked without recursion, so that nesting can not overflow the
stack; beyond 2,048 levels the parser itself gives up, which is an error here.
"""

import codecs
import re
from pathlib import Path

from coreagent.errors import DocumentError
from coreagent.knowledge.documents.convert.html.furniture import is_dropped
from coreagent.knowledge.documents.convert.html.page import Page
from coreagent.knowledge.documents.convert.markup import Element, TooDeepError, read_html, walk
from coreagent.knowledge.documents.convert.tables import clean, one_line
from coreagent.knowledge.documents.decoding import decode
from coreagent.knowledge.documents.document import Conversion
from coreagent.knowledge.documents.front_matter import Meta

_HEAD_BYTES = 4_096
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*(?P<name>[\w.:-]{2,40})", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"'](?P<name>[\w.:-]{2,40})", re.IGNORECASE)
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
# Pages say the narrower name and mean the wider set (WHATWG Encoding, 4.2).
_WIDER = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932"}
_NEVER = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "utf-8")
"""What can not be true of a page whose charset could be read as ASCII, or needs no help."""
_META = {"author": "author", "description": "subject", "keywords": "keywords"}


def convert(path: Path) -> Conversion:
    """The page as Markdown; ``meta`` has its ``lang`` and what it says of author, subject and keywords.

    Raises:
        DocumentError: unreadable, empty, binary, nested without end, or without any text.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        mend = "Check the path and its permissions."
        raise DocumentError(f"can not be read: {error.strerror}", path=str(path), mend=mend) from error
    if not data.strip():
        raise DocumentError("the file is empty", path=str(path), mend="Save or download it again.")
    root = _parse(_decoded(data, str(path)), str(path))
    title, meta = _head(root)
    page = _walk(root) if root is not None else Page()
    text = page.text()
    if not text:
        mend = "If scripts fill the page, save it from a browser after it has loaded."
        raise DocumentError("holds no text", path=str(path), mend=mend)
    return Conversion(text=text, grammar="markdown", title=title or page.title, meta=meta)


def _decoded(data: bytes, path: str) -> str:
    head = data[:_HEAD_BYTES]
    found = _XML_CHARSET.match(head) or _CHARSET.search(head)
    if found and not data.startswith(_MARKS):
        try:
            name = codecs.lookup(found["name"].decode("ascii", "replace")).name
            if name not in _NEVER:
                return data.decode(_WIDER.get(name, name), "replace")
        except (LookupError, UnicodeError):
            # A charset that does not exist, or is no charset of text ("zip"): as good as none.
            return decode(data, path).text
    return decode(data, path).text


def _parse(text: str, path: str) -> Element | None:
    try:
        return read_html(clean(text))
    except TooDeepError as error:
        mend = "Save it from a browser as text, or repair the tags that are never closed."
        raise DocumentError("its elements are nested more than 2,048 deep", path=path, mend=mend) from error


def _head(root: Element | None) -> tuple[str, Meta]:
    if root is None:
        return "", {}
    title = next(root.iterfind("head/title"), None)
    language = root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or root.get("xml:lang") or ""
    meta: dict[str, str | tuple[str, ...]] = {"lang": one_line(language)} if language.strip() else {}
    for element in root.iterfind("head/meta"):
        key = _META.get(element.get("name", "").lower())
        words = one_line(element.get("content", ""))
        if key and words:
            meta[key] = words
    return one_line("".join(title.itertext())) if title is not None else "", meta


def _walk(root: Element) -> Page:
    page = Page()
    skipped: Element | None = None
    walker = walk(root)
    for event, element in walker:
        if event == "start":
            if is_dropped(element):
                walker.skip_subtree()
                skipped = element
            elif page.start(element):
                page.words(element.text)
            else:
                walker.skip_subtree()
                skipped = element
            continue
        if element is skipped:
            skipped = None
        else:
            page.end(element)
        page.words(element.tail)
    return page
