"""Which standard a document is, and which version of it: from its name, its title and its first lines only.

A document that mentions a standard is not that standard, so nothing is read from the running text: a line counts only
when it is about nothing else, and stands within the first lines.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from coreagent.knowledge.documents.document import Specification
from coreagent.knowledge.documents.front_matter import Meta, texts
from coreagent.knowledge.structure.numbering import from_file_name, from_line

_HEAD_CHARACTERS = 4_000
_HEAD_LINES = 60
_MAX_LINE = 200
_MARKS = re.compile(r"^[#>*_|\s\f]+|[*_|\s]+$")
_STAGES = ("wip", "draft", "alpha", "beta", "pre", "rc")
_PRE_RELEASE = re.compile(rf"({'|'.join(_STAGES)})[.-]?(\d{{0,9}})", re.IGNORECASE)
_MODULE = re.compile(r"(?:sub)?module (?P<name>[A-Za-z_][\w.-]*)\Z")
_HYPHENS = str.maketrans("\u2010\u2011", "--")
_DIGITS = re.compile(r"\d{1,9}")


def identify(*, name: str, title: str, text: str, meta: Meta) -> Specification:
    """The standard that a document is; all fields empty when it is none that is known.

    ``name`` is its file's name or path, ``text`` may be all of it. The keys ``specification``, ``version`` and
    ``release`` of ``meta`` come before anything found. Known are 3GPP (also as published by ETSI), O-RAN ALLIANCE,
    IETF, ITU-T, IEEE, GSMA and TM Forum documents, a company's own with a line of number and version ("ND-TS 7001
    V2.1.0"), YANG modules (by ``name@revision``, or a title ``module NAME`` and the keys ``namespace`` and ``version``)
    and OpenAPI descriptions (a title and the key ``version`` of a YAML or JSON file).
    """
    stated = _stated(meta, name=name, title=title)
    if stated.number and stated.version:
        return stated
    stem = PurePosixPath(name.replace("\\", "/").rsplit("!/", 1)[-1]).name
    found = [stated, *_from_lines(_head(text)), from_file_name(stem), *_from_lines([title], titled=True)]
    return _joined([one for one in found if one is not None])


def version_key(specification: Specification) -> tuple[int, ...]:
    """A key that sorts the versions of one standard from old to new; empty, thus first, without a version.

    O-RAN numbers its versions through all release trains, so the train only breaks ties. A pre-release (``-rc1``)
    comes before its release.
    """
    version = specification.version
    train = re.match(r"R(\d{3})-?", version)
    if train:
        version = version[train.end() :]
    early = _PRE_RELEASE.search(version)
    numbers = [int(digits) for digits in _DIGITS.findall(version[: early.start()] if early else version)]
    if not numbers:
        return ()
    stage = [_STAGES.index(early[1].lower()) - len(_STAGES), int(early[2] or 0)] if early else [0]
    return (*numbers, *stage, *([int(train[1])] if train else []))


def family(specification: Specification) -> str:
    """The same for all versions of one standard (``TS 38.331``); empty when it is not known which it is."""
    number = re.sub(r"^(O-RAN\.\w+)\.T[SR]\.", r"\1.", specification.number)
    return " ".join(number.split())


def _stated(meta: Meta, *, name: str, title: str) -> Specification:
    """What the document says of itself; a module or an interface description goes by its own name."""
    number = " ".join(texts(meta, "specification"))
    known = next(_from_lines([number], titled=True), None) if number else None
    if known:
        return _joined([_version_of(meta, number=known.number), known])
    module = _MODULE.match(title)
    if not number and module and texts(meta, "namespace"):
        number = module["name"]
    if not number and texts(meta, "version") and name.lower().endswith((".yaml", ".yml", ".json")):
        number = title
    return _version_of(meta, number=number) if number else Specification()


def _version_of(meta: Meta, *, number: str) -> Specification:
    version = " ".join(texts(meta, "version"))
    return Specification(number=number, version=version, release=" ".join(texts(meta, "release")))


def _head(text: str) -> Sequence[str]:
    return text[:_HEAD_CHARACTERS].split("\n")[:_HEAD_LINES]


def _from_lines(lines: Iterable[str], *, titled: bool = False) -> Iterator[Specification]:
    for line in lines:
        plain = " ".join(_MARKS.sub("", line).translate(_HYPHENS).split()) if len(line) <= _MAX_LINE else ""
        found = from_line(plain, titled=titled) if plain else None
        if found:
            yield found


def _joined(found: Sequence[Specification]) -> Specification:
    """The first with a number; what it leaves open is taken from the others with the same number."""
    first = next((one for one in found if one.number), Specification())
    digits = first.number.split(" ")[-1]
    for other in found:
        if other.number.split(" ")[-1] == digits:
            first = replace(first, version=first.version or other.version, release=first.release or other.release)
    return first
