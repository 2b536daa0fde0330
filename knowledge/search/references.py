"""The documents and clauses that a question names: "clause 5.3.3 of TS 38.331", "RFC 8345 section 4.2"."""

import re
from dataclasses import dataclass

_DOCUMENT = re.compile(
    r"\b(?:(?:3GPP\s+)?(?P<kind>TS|TR)\s*(?P<number>\d{2}\.\d{3}(?:-\d{1,2})?)"
    r"|(?P<oran>O-RAN[.\s-]?WG\s?\d{1,2}(?:[.-][A-Za-z0-9]+)*)"
    r"|RFC\s*(?P<rfc>\d{3,5})"
    r"|ITU-T\s+(?P<itu>[A-Z]\.\d+(?:\.\d+)?)"
    r"|(?:IEEE\s+)(?P<ieee>\d{3,4}(?:\.\d+[A-Za-z]*)?))",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"(?:\b(?:sub-?clauses?|clauses?|sections?|sec\.|chapters?|annex|appendix)|§|第)\s*"
    r"(?P<number>\d+(?:\.\d+)*[a-z]?|[A-Z](?:\.\d+)*)\b",
    re.IGNORECASE,
)
_BARE = re.compile(r"^\s*(?P<number>\d+(?:\.\d+)+[a-z]?|[A-Z](?:\.\d+)+)\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A document by number (empty for any), a clause of it by number (empty for all of it)."""

    document: str = ""
    clause: str = ""

    def names_document(self, number: str) -> bool:
        """True when ``number`` is the document asked for, however it is spaced and cased; O-RAN names may go on."""
        asked, given = _plain(self.document), _plain(number)
        return bool(asked) and (given == asked or (asked.startswith("oran") and given.startswith(asked)))


def references(text: str) -> tuple[Reference, ...]:
    """What the text names, in order. A clause belongs to the only document named, else to the nearest one.

    "clause 5.3.3 of TS 38.331" and "TS 38.331 clause 5.3.3" are one reference; a bare number such as "5.3.3.1" is a
    clause when it is the whole text.
    """
    documents = [(match.start(), match.end(), _name(match)) for match in _DOCUMENT.finditer(text)]
    clauses = [(match.start(), match.end(), match["number"]) for match in _CLAUSE.finditer(text)]
    bare = _BARE.match(text)
    if bare:
        return (Reference(clause=bare["number"]),)
    found: list[Reference] = []
    used: set[int] = set()
    for start, end, number in clauses:
        near = min(
            range(len(documents)),
            key=lambda at: min(abs(documents[at][0] - end), abs(start - documents[at][1])),
            default=None,
        )
        if near is None:
            found.append(Reference(clause=number))
        else:
            used.add(near)
            found.append(Reference(document=documents[near][2], clause=number))
    found += [Reference(document=name) for at, (_, _, name) in enumerate(documents) if at not in used]
    return tuple(dict.fromkeys(found))


def _name(match: re.Match[str]) -> str:
    if match["number"]:
        return f"{match['kind'].upper()} {match['number']}"
    if match["oran"]:
        return re.sub(r"\s", "", match["oran"])
    if match["rfc"]:
        return f"RFC {match['rfc']}"
    return f"ITU-T {match['itu']}" if match["itu"] else f"IEEE {match['ieee']}"


def _plain(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum() or character == ".")
