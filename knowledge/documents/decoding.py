"""Bytes become text: Unicode as it is marked, else the encoding that fits best, and the guess is told."""

import codecs
import re
from dataclasses import dataclass

from coreagent.errors import DocumentError

# UTF-32 before UTF-16: its little-endian mark starts with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LEGACY = (
    *("cp1252", "gb18030", "shift_jis", "big5", "euc_jp", "euc_kr", "cp1251", "cp1250", "cp1253", "cp1254"),
    *("cp1255", "cp1256", "koi8_r", "iso8859_2", "iso8859_15", "mac_roman", "cp437"),
)
"""In the order in which they are preferred where the bytes do not tell."""
# Not backspace: captures of a terminal are full of them.
_CONTROL = re.compile(r"[\x00-\x07\x0e-\x1a\x1c-\x1f]")
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")
_SAMPLE = 65_536


@dataclass(frozen=True, slots=True)
class Decoded:
    r"""``text`` has ``\n`` line ends; ``guess`` says which encoding was guessed, empty when none had to be."""

    text: str
    guess: str = ""


def decode(data: bytes, path: str) -> Decoded:
    r"""Text of UTF-8, of UTF-16 or UTF-32, or of a legacy encoding (GB18030, Shift-JIS, Windows-1252, ...).

    Raises:
        DocumentError: binary data, damaged UTF-16 or UTF-32, or no encoding that fits; says how to convert it.
    """
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), "")
    if marked:
        found = Decoded(_strict(data, marked, path))
    elif b"\x00" in data:
        found = _wide(data, path)
    else:
        found = _unmarked(data, path)
    sample = found.text[:_SAMPLE]
    controls = len(_CONTROL.findall(sample))
    if controls > 8 and controls > len(sample) // 50:
        raise _binary(path)
    return Decoded(storable(found.text.replace("\r\n", "\n").replace("\r", "\n")), found.guess)


def storable(text: str) -> str:
    """Each NUL and lone surrogate replaced by U+FFFD, so that no offset moves.

    SQLite ends a text at NUL and takes no surrogates, and a chunk's span must mean the same everywhere.
    """
    return _NOT_STORABLE.sub("\ufffd", text)


def _strict(data: bytes, encoding: str, path: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        value = data[error.start] if error.start < len(data) else 0
        raise DocumentError(
            f"damaged {encoding.upper()}: byte 0x{value:02x} at offset {error.start} ({error.reason})",
            path=path,
            mend="Save it as UTF-8.",
        ) from error


def _unmarked(data: bytes, path: str) -> Decoded:
    try:
        return Decoded(data.decode("utf-8"))
    except UnicodeDecodeError:
        damaged = data.decode("utf-8", "replace")
    bad, wide = damaged.count("\ufffd"), sum(1 for char in damaged[:_SAMPLE] if char > "\x7f")
    # A cut line in a log is damage; a legacy encoding leaves hardly one good multi-byte character.
    if bad * 10 < wide:
        return Decoded(damaged, f"utf-8 with {bad} damaged characters")
    return _legacy(data, path)


def _legacy(data: bytes, path: str) -> Decoded:
    from charset_normalizer import from_bytes  # noqa: PLC0415 - a tenth of a second, needed for few files

    if len(_CONTROL.findall(data[:_SAMPLE].decode("latin-1"))) > 8:
        raise _binary(path)
    matches = list(from_bytes(data, cp_isolation=list(_LEGACY)))
    # Where two fit equally well (or give the same text), the more common one: short samples often tie.
    fits = [
        (round(match.chaos, 3), -round(match.coherence, 3), _LEGACY.index(name))
        for match in matches
        for name in match.could_be_from_charset
        if name in _LEGACY
    ]
    for _, _, number in sorted(fits):
        try:
            return Decoded(data.decode(_LEGACY[number]), f"{_LEGACY[number]} (guessed)")
        except UnicodeDecodeError:
            continue  # the sample fitted, the rest does not
    raise DocumentError(
        "its encoding can not be told", path=path, mend=f"Convert it: iconv -f ENCODING -t UTF-8 {path!r} > converted"
    )


def _wide(data: bytes, path: str) -> Decoded:
    """UTF-16 without its mark: every second byte of Western text is zero."""
    head = data[:4096]
    for offset, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        half, other = head[offset::2], head[1 - offset :: 2]
        if half and half.count(0) > 0.7 * len(half) and other.count(0) < 0.1 * len(other):
            return Decoded(_strict(data, name, path), f"{name} (guessed)")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _binary(path) from error
    # A log with some NULs in it, as a crash of its writer leaves them, is still a log.
    if text.count("\x00") * 50 > len(text):
        raise _binary(path)
    return Decoded(text)


def _binary(path: str) -> DocumentError:
    return DocumentError("this is binary data, not text", path=path, mend="Convert it to text first.")
