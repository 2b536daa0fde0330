"""How the standards bodies write the number and the version of a document, in a title line and in a file's name."""

import re

from coreagent.knowledge.documents.document import Specification

_VERSION = r"[,;_-]?\s*\(?(?:[Vv](?:ersion|er\.?)?\s*)(?P<version>\d+(?:\.\d+)+)\)?"
_RELEASE = re.compile(r"\bRel(?:ease|-)?[\s-]*(\d{1,2})\b")
# What may stand behind a number and its version in a line that is about nothing else.
_REST = (
    r"(?P<rest>\s*[,;(\[\u2013\u2014:-]*\s*"
    r"(?:\(?\d{4}[-.]\d\d\)?|\(?\d{1,2}/\d{4}\)?|[A-Z][a-z]{2,8} \d{4}|Rel(?:ease|-)?[\s-]*\d{1,2}"
    r"|Technical (?:Specification|Report)|[)\],;]|\s)*)\Z"
)

_3GPP = re.compile(r"(?:3GPP\s+)?(?P<kind>TS|TR)\s*(?P<series>\d\d)\.(?P<number>\d{3}(?:-\d{1,2}){0,2})(?![\d.])")
_ETSI = re.compile(
    r"(?:Draft\s+|Final draft\s+)?ETSI\s+(?P<kind>TS|TR|EN|ES|EG|GS|GR)\s+"
    r"(?P<number>(?:\d{3}\s\d{3}|[A-Z]{2,4}\s\d{3})(?:-\d{1,2}){0,2})(?!\d)"
)
_ORAN = re.compile(
    r"(?P<number>O-RAN[.-](?P<group>WG\d{1,2}|[A-Z][A-Za-z]{1,4}G)\.(?P<body>[A-Za-z][\w.&-]*?))"
    r"(?:[-_. ](?P<train>R\d{3}))?[-_. ]v(?P<version>\d{1,2}(?:\.\d{1,3}){1,2})(?![\d.]*\d)"
)
_RFC = re.compile(r"(?:RFC[\s-]?|Request for Comments:\s*)0*(?P<number>\d{1,5})\b", re.IGNORECASE)
_DRAFT = re.compile(r"(?P<number>draft-[a-z0-9]+(?:-[a-z0-9]+)+?)-(?P<version>\d\d)(?![\w-])")
_ITU = re.compile(
    r"(?:Rec(?:ommendation|\.)?\s+)?ITU-T\s+(?:Rec(?:ommendation|\.)?\s+)?(?P<number>[A-Z]\.\d+(?:\.\d+)*)"
    r"(?:/[A-Z]\.\d+(?:\.\d+)*)?(?:\s*\((?:(?P<month>\d\d)/)?(?P<year>\d{4})\))?"
)
_IEEE = re.compile(
    r"IEEE\s+(?:Std\.?\s+)?(?P<number>P?\d{3,4}(?:\.\d{1,3}[A-Za-z]{0,3})*[A-Za-z]{0,2})(?:[-\u2013:](?P<year>\d{4}))?(?![\w])"
)
_IEEE_802 = re.compile(r"(?P<number>802(?:\.\d{1,2}[A-Za-z]{0,3})+)(?:[-\u2013](?P<year>\d{4}))?(?![\w.])")
_GSMA = re.compile(
    r"(?P<body>GSMA\s+(?:PRD\s+)?|GSM Association\s+(?:Official Document\s+)?)?"
    r"(?P<number>(?:NG|IR|SGP|FS|RCC|TS)\.\d{2,3})(?![\d.]*\d)"
)
# A vendor's own: only kinds of documents, because a product has a number and a version too ("RU-7 V2.1").
_OWN = re.compile(
    r"(?P<number>[A-Z][A-Z\d]{1,7}[-/ ](?:TS|TR|IM|ID|UG|OM|RN|ICD|REQ|DOC|MAN|SPEC|PRD)[- ]?"
    r"\d{3,6}(?:[-.]\d{1,3}){0,2})(?!\d)"
)
_TMF = re.compile(r"(?:TM Forum\s+)?TMF[\s-]?(?P<number>\d{3}[A-Z]?)(?![A-Za-z\d])")

_FILE_3GPP = re.compile(
    r"(?<!\d)(?P<series>2[1-9]|3[0-8]|4[1-689]|5[0-25])\.?(?P<number>\d{3}(?:-\d{1,2}){0,2})-(?P<version>[0-9a-z]{3}|\d{6})(?![0-9a-z-])",
    re.IGNORECASE,
)
_FILE_ETSI = re.compile(
    r"(?P<kind>ts|tr)_1(?P<series>\d\d)(?P<number>\d{3})(?P<part>\d\d)?v(?P<version>\d{6})p", re.IGNORECASE
)
_FILE_ITU = re.compile(r"T-REC-(?P<number>[A-Z]\.\d+(?:\.\d+)*)-(?P<year>\d{4})(?P<month>\d\d)")
_FILE_YANG = re.compile(r"(?P<number>[A-Za-z_][\w.-]*)@(?P<version>\d{4}-\d\d-\d\d)(?=\.|\Z)")


def from_line(line: str, *, titled: bool) -> Specification | None:
    """The document that the line names, if it is about nothing else.

    ``titled`` says that the line is a title, whose further words are the document's subject; any other line has to
    give number and version and may give a date or a release, no more.
    """
    for read in (_etsi, _3gpp, _oran, _ietf, _itu, _ieee, _gsma, _tm_forum, _own):
        found = read(line, titled)
        if found:
            return found
    return None


def from_file_name(name: str) -> Specification | None:
    """The document by the usual ways to name its file (``38331-h40.docx``, ``ts_138331v170400p.pdf``).

    The three characters behind a 3GPP number are the digits of the version to base 36; six digits are two for each
    (3GPP TR 21.900, clause 4 and annex on file naming).
    """
    found = _FILE_YANG.match(name)
    if found:
        return Specification(number=found["number"], version=found["version"])
    found = _FILE_ETSI.match(name)
    if found:
        number = found["number"] + (f"-{int(found['part'])}" if found["part"] else "")
        return _of_3gpp(found["kind"].upper(), found["series"], number, _in_pairs(found["version"]))
    found = _FILE_ITU.match(name)
    if found:
        return Specification(number=f"ITU-T {found['number']}", version=f"{found['year']}-{found['month']}")
    stem = re.sub(r"\.[A-Za-z][A-Za-z\d]{0,4}\Z", "", name[:200])
    found = _FILE_3GPP.search(stem)
    # Of digits alone it may as well be a date or a part number, unless the name is nothing else.
    if found and (not found["version"].isdecimal() or found.group() == stem):
        code = found["version"]
        version = _in_pairs(code) if len(code) == 6 else ".".join(str(int(digit, 36)) for digit in code)
        return _of_3gpp(_kind(found["series"], found["number"]), found["series"], found["number"], version)
    return from_line(" ".join(stem.replace("_", " ").split()), titled=True)


def _in_pairs(digits: str) -> str:
    return ".".join(str(int(digits[at : at + 2])) for at in (0, 2, 4))


def _kind(series: str, number: str) -> str:
    """TS or TR by the first digit: x.8yy and x.9yy are reports (3GPP TR 21.900), today x.7yy in most series too."""
    report = number[0] in "89" or (number[0] == "7" and series not in ("28", "32"))
    return "TR" if report else "TS"


def _of_3gpp(kind: str, series: str, number: str, version: str, *, line: str = "") -> Specification:
    major = version.split(".")[0]
    named = _RELEASE.search(line)
    # Since version 4 the first digit is the release.
    release = major if major and int(major) >= 4 else named[1] if named else ""
    return Specification(number=f"{kind} {series}.{number}", version=version, release=release)


def _version_behind(line: str, end: int, *, titled: bool) -> tuple[str, bool]:
    """The version behind a number that ends at ``end``, and whether the line as a whole may count."""
    version = re.compile(_VERSION).match(line, end)
    rest = line[version.end() if version else end :]
    if titled:
        # "TS 23.501 System architecture" is a title; "TS 23.501 and what we make of it" is another document's.
        follows = rest.lstrip(" ,;:([\u2013\u2014-")[:1]
        return (version["version"] if version else ""), not follows.islower()
    return (version["version"], re.fullmatch(_REST, rest) is not None) if version else ("", False)


def _3gpp(line: str, titled: bool) -> Specification | None:
    found = _3GPP.match(line)
    if not found:
        return None
    version, sure = _version_behind(line, found.end(), titled=titled)
    return _of_3gpp(found["kind"], found["series"], found["number"], version, line=line) if sure else None


def _etsi(line: str, titled: bool) -> Specification | None:
    found = _ETSI.match(line)
    if not found:
        return None
    version, sure = _version_behind(line, found.end(), titled=titled)
    if not sure:
        return None
    number = found["number"]
    # ETSI publishes 3GPP's TS 38.331 as TS 138 331; its own documents stand below 121.
    if found["kind"] in ("TS", "TR") and number[0] == "1" and number[1:3].isdigit() and int(number[1:3]) >= 21:
        return _of_3gpp(found["kind"], number[1:3], number[4:], version, line=line)
    return Specification(number=f"ETSI {found['kind']} {number}", version=version)


def _oran(line: str, titled: bool) -> Specification | None:
    found = _ORAN.match(line)
    if not found or not (titled or re.fullmatch(_REST, line[found.end() :])):
        return None
    train = found["train"] or ""
    number = f"O-RAN.{found['group']}.{found['body']}"
    return Specification(number=number, version=f"{train}-v{found['version']}".lstrip("-"), release=train)


def _ietf(line: str, titled: bool) -> Specification | None:
    found = _RFC.match(line)
    if found and (titled or line.lower().startswith("request")):
        return Specification(number=f"RFC {found['number']}")
    draft = _DRAFT.match(line)
    if draft and (titled or draft.end() == len(line)):
        return Specification(number=draft["number"], version=draft["version"])
    return None


def _itu(line: str, titled: bool) -> Specification | None:
    found = _ITU.match(line)
    if not found or not (titled or (found["year"] and found.end() == len(line))):
        return None
    version = "-".join(part for part in (found["year"], found["month"]) if part)
    return Specification(number=f"ITU-T {found['number']}", version=version)


def _ieee(line: str, titled: bool) -> Specification | None:
    found = _IEEE.match(line) or (_IEEE_802.match(line) if titled else None)
    if not found or not (titled or (found["year"] and re.fullmatch(_REST, line[found.end() :]))):
        return None
    return Specification(number=f"IEEE {found['number']}", version=found["year"] or "")


def _gsma(line: str, titled: bool) -> Specification | None:
    found = _GSMA.match(line)
    if not found or not (found["body"] or (titled and not found["number"].startswith("TS"))):
        return None
    version, sure = _version_behind(line, found.end(), titled=titled)
    return Specification(number=found["number"], version=version) if sure else None


def _tm_forum(line: str, titled: bool) -> Specification | None:
    found = _TMF.match(line)
    version = re.search(r"[-_ ][vV]?(\d+\.\d+(?:\.\d+)?)", line)
    return (
        Specification(number=f"TMF{found['number']}", version=version[1] if version else "")
        if found and titled
        else None
    )


def _own(line: str, titled: bool) -> Specification | None:
    """A document that a company numbers itself, in a line of the cover that says number and version, no more."""
    found = _OWN.match(line)
    if not found or titled:
        return None
    version, sure = _version_behind(line, found.end(), titled=False)
    return Specification(number=found["number"], version=version) if sure else None
