"""What a heading says of itself: its number and its title; and which lines of plain text are headings at all."""

import re

MAX_HEADING = 300
"""No longer line is a heading: it keeps hostile files away from the expressions that backtrack."""
_MAX_PLAIN = 120
_UNITS = r"(?![kMGT]?(?:Hz|bps|bit/s|[Bb]ytes?|W|B)\b|ms\b|dBm?\b|km?\b|%)"
_PLAIN_NUMBER = re.compile(
    r"(?P<number>\d{1,2}(?:\.\d{1,4}[A-Z]{0,2}[a-z]?)*|[A-Z]{1,2}(?:\.\d{1,2}[A-Z]?[a-z]?)(?:\.\d{1,4}[A-Z]?[a-z]?)*)"
    r"(?P<dot>\.?)"
    rf"(?:[ \t\u3000]+{_UNITS}(?P<title>\S.*)|(?<=\.\d)(?P<joined>[\u2e80-\u9fff].*)|\Z)"
)
_NAMED_NUMBER = re.compile(
    r"(?P<name>Annex|ANNEX|Appendix|APPENDIX|Anhang|Anlage|附录|附件)[ \t\u3000]*(?P<of>[A-Z]{1,2}|[IVX]{1,5}|\d{1,2})"
    r"(?![A-Za-z\d])(?P<below>(?:\.\d{1,3})*)"
    r"(?P<mark>[ \t]*[(\uff08](?:normative|informative|规范性|资料性)[^)\uff09]{0,20}[)\uff09])?"
    r"(?P<dot>[:.\uff1a]?)[ \t\u3000\u2013\u2014-]*(?P<title>.*)"
)
_CHAPTER = re.compile(
    r"(?:Chapter|CHAPTER|Clause|CLAUSE|Section|SECTION|Kapitel|Abschnitt)[ \t]+(?P<number>\d{1,2}(?:\.\d{1,3})*)"
    r"(?P<dot>[:.]?)(?:[ \t\u2013\u2014-]+(?P<title>.*)|\Z)"
)
_CHINESE_CHAPTER = re.compile(
    r"第[ \t]*(?P<number>\d{1,3}|[一二三四五六七八九十百]{1,5})[ \t]*(?P<unit>[章节])[ \t\u3000:：]*(?P<title>.*)"
)
# Only what may stand in a heading: "<get-config>" and "List<int>" are words of their subject.
_TAG = re.compile(
    r"</?(?:a|abbr|b|big|br|cite|code|del|div|em|font|h[1-6]|hr|i|img|ins|kbd|mark|p|q|s|samp|small|span|strong|sub|sup|tt|u|var"
    r"|wbr)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_CONTENTS_LINE = re.compile(r"(?:\.{2}|\. \.|\u2026|\t|[ ]{2})[ \t.]*\d{1,4}\Z")


def split_number(heading: str) -> tuple[str, str]:
    """Number and title of a heading's words; the number is empty where the heading has none.

    ``5.3.1 General`` is ``("5.3.1", "General")``, ``Annex A (normative): Codes`` is ``("Annex A", "Codes")``,
    ``Chapter 5. Timers`` is ``("5", "Timers")``. What only looks like a number (``5 GHz band``, ``5G core``,
    ``802.1X``) stays title.
    """
    if len(heading) > MAX_HEADING:
        return "", heading
    found = _PLAIN_NUMBER.match(heading)
    if found:
        return found["number"], (found["title"] or found["joined"] or "").strip()
    named = _NAMED_NUMBER.match(heading)
    if named:
        number = f"{named['name'].capitalize()} {named['of']}{named['below']}"
        return number, named["title"].strip()
    chapter = _CHAPTER.match(heading) or _CHINESE_CHAPTER.match(heading)
    if chapter:
        return chapter["number"], (chapter["title"] or "").strip()
    return "", heading


def plain_heading(line: str, *, alone: bool) -> tuple[int, str]:
    """Level and words of a numbered heading in plain text; level 0 for any other line.

    ``alone`` says that the lines before and after are blank. A line of a table of contents is no heading, nor is
    one that ends like a sentence, nor a number at the start of a wrapped sentence.
    """
    if len(line) > _MAX_PLAIN or not line or line[0].isspace():
        return 0, ""
    words = line.rstrip()
    annex = _NAMED_NUMBER.match(words)
    if annex and annex["mark"] and not annex["title"]:
        return 1 + annex["below"].count("."), _spaced(words)
    if words.endswith((".", ";", ",", ":", "。", "；", "，")) or _CONTENTS_LINE.search(words):
        return 0, ""
    if "0" <= words[0] <= "9" or words[1:2] == "." or words[2:3] == ".":
        return _numbered(words, alone=alone)
    if annex:
        sure = alone or bool(annex["mark"] or annex["dot"])
        return (1 + annex["below"].count("."), _spaced(words)) if sure and _titled(annex["title"]) else (0, "")
    found = _CHAPTER.match(words) or _CHINESE_CHAPTER.match(words)
    if found and alone and _titled(found["title"] or ""):
        level = 2 if found.groupdict().get("unit") == "节" else found["number"].count(".") + 1
        return level, _spaced(words)
    return 0, ""


def _numbered(words: str, *, alone: bool) -> tuple[int, str]:
    found = _PLAIN_NUMBER.match(words)
    title = (found["title"] or found["joined"] or "") if found else ""
    if not found or not title or not title[0].isalpha():
        return 0, ""
    level = found["number"].count(".") + 1
    # "1. Do this" may as well be a list item, "5.3.1 of this part" a wrapped sentence: a heading stands alone, or has
    # the tab of a word processor behind its number.
    tabbed = words[len(found["number"]) :].startswith("\t")
    if not (alone or tabbed) and (level == 1 or found["dot"] or title[0].islower()):
        return 0, ""
    return level, _spaced(words)


def _titled(title: str) -> bool:
    return not title or not title[0].islower()


def _spaced(words: str) -> str:
    return " ".join(words.split())


def plain_words(title: str) -> str:
    """A heading's words without Markdown or reStructuredText marks."""
    plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", title)
    plain = re.sub(r":[\w:]+:`([^`<]*)[^`]*`", r"\1", plain)
    return re.sub(r"\s+", " ", re.sub(r"[`*]", "", _TAG.sub("", plain))).strip()
