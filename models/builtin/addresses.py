"""IP addresses in a text, and which argument of a tool each of them is for."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from coreagent.models.builtin.fields import Field
from coreagent.models.builtin.words import stem, terms

_MASK = r"255(?:\.(?:255|254|252|248|240|224|192|128|0)){3}"
_ADDRESS = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4})(?:/\d{1,3})?(?![\w:])"
    rf"(?:(?:/|\s|,|\b(?:with|and|the|a|of|(?:sub)?net|network|subnet|(?:sub)?(?:net)?mask)\b){{1,12}}(?P<mask>{_MASK})(?![\w.]))?"
)
# Dotted or dashed runs of numbers are addresses, versions and dates; a piece of one is no number.
_DOTTED = re.compile(
    r"(?<![\w.])\d+(?:\.\d+){2,}(?:/\d+)?|(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?:/\d+)?"
    r"|(?<![\w-])\d{4}-\d{2}-\d{2}(?![\w-])"
)
# "A inside B": what is asked about stands first, what it is held against second.
_INVERSE = re.compile(
    r"\b(?:inside|within|in|into|part of|member of|subset of|belongs? to|covered by|contained|included|fall)\b", re.I
)


def addresses_in(text: str) -> list[str]:
    """Addresses and prefixes in order; a mask written out after an address becomes its prefix."""
    found: list[str] = []
    for match in _ADDRESS.finditer(text[:20_000]):
        mask, whole = match["mask"], match[0]
        if ":" in whole and "::" not in whole and whole.count(":") < 7:
            continue  # A time of day or a MAC address.
        if mask:
            address = re.split(r"[/,\s]", whole, maxsplit=1)[0]
            whole = f"{address}/{sum(bin(int(part)).count('1') for part in mask.split('.'))}"
        found.append(whole)
    return found


def without_addresses(text: str) -> str:
    """The same text, of the same length, with a mark in place of every character of an address, version or date."""
    return _DOTTED.sub(lambda match: "@" * len(match[0]), text)


def wants_address(wanted: Field) -> bool:
    """True for a text argument that is an address by its name or by what it is said to be."""
    return bool((wanted.words | wanted.hints) & _ADDRESS_WORDS)


def share_out(fields: Sequence[Field], text: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Two addresses for a list and for one more argument: what is held against what.

    Only where ``values`` holds a listed choice of which the second argument speaks (``for contains and overlap``);
    otherwise all addresses belong in the list. Empty when there is nothing to share out.
    """
    found = addresses_in(text)
    lists = [f for f in fields if f.kind == "array" and wants_address(f)]
    others = [f for f in fields if f.kind == "string" and not f.choices and wants_address(f) and not f.required]
    if len(found) != 2 or len(lists) != 1 or len(others) != 1:
        return {}
    chosen = {stem(word) for f in fields if f.choices for word in str(values.get(f.name, "")).lower().split()}
    if not chosen & set(terms(others[0].description)):
        return {}
    between = text[text.find(found[0].split("/")[0]) : text.rfind(found[1].split("/")[0])]
    first, second = reversed(found) if _INVERSE.search(between) else found
    return {lists[0].name: [first], others[0].name: second}


_ADDRESS_WORDS = frozenset(stem(word) for word in ("ip", "address", "prefix", "cidr", "subnet", "network"))
