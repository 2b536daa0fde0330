"""The ``---`` block at the top of a Markdown file: plain keys, quoted strings and lists; no more of YAML."""

import re
from collections.abc import Mapping

_BLOCK = re.compile(r"\A---[ \t]*\n(?P<body>.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_KEY = re.compile(r"(?P<key>[A-Za-z_][\w-]*)[ \t]*:(?:[ \t]+(?P<value>.*))?\Z")
_ITEM = re.compile(r"[ \t]*-[ \t]+(?P<value>.*)\Z")
_PART = re.compile(r"\s*(\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^,]+)")

Meta = Mapping[str, str | tuple[str, ...]]


def split_front_matter(text: str) -> tuple[Meta, int]:
    """The keys of the block, and the offset where the body starts; ``({}, 0)`` when there is no block.

    Lines that are neither ``key: value`` nor ``- item`` are left out: a block of another dialect costs its keys,
    never the document.
    """
    found = _BLOCK.match(text)
    if not found:
        return {}, 0
    meta: dict[str, str | tuple[str, ...]] = {}
    key = ""
    for line in found["body"].split("\n"):
        item = _ITEM.match(line)
        if item and key:
            held = meta[key]
            meta[key] = (*(held if isinstance(held, tuple) else ()), _plain(item["value"]))
            continue
        named = _KEY.match(line)
        if named:
            key = named["key"].lower()
            meta[key] = _value((named["value"] or "").strip())
    return meta, found.end()


def texts(meta: Meta, key: str) -> tuple[str, ...]:
    """A key's values as a tuple, whether it was written as one string or as a list."""
    value = meta.get(key, ())
    return value if isinstance(value, tuple) else (value,) if value else ()


def _value(raw: str) -> str | tuple[str, ...]:
    if raw.startswith("[") and raw.endswith("]"):
        return tuple(_plain(part) for part in _PART.findall(raw[1:-1]) if part.strip())
    return _plain(raw)


def _plain(raw: str) -> str:
    raw = raw.strip()
    if len(raw) >= 2 and raw[0] == raw[-1] and raw[0] in "\"'":
        return raw[1:-1].replace('\\"', '"')
    return raw
