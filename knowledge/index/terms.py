"""Text becomes search terms: identifiers whole and in parts, lower case, a light stemmer, pairs of CJK characters."""

import re
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:[-_./+&][^\W_]+)*")
_JOINT = re.compile(r"[-_./+&]")
_POSSESSIVE = re.compile(r"['’]s\b")
_PLURAL_ACRONYM = re.compile(r"[A-Z0-9]*[A-Z]s\Z")
_CAMEL = re.compile(r"[A-Z]{2,}(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af]+")
_MAX_WORD = 80

_STOP = (
    "a about above after again all also am an and any are as at be because been before being below between both but"
    " by can cannot could did do does doing done each either else ever every explain for from give given had has have"
    " having he her here hers him his how i if in into is it its just let many may me might more most much must my"
    " neither no nor not of off often on once only or other our out over own per please quite rather same shall she"
    " should show since so some such tell than that the their them then there these they this those through to too"
    " under until up upon us used uses using very via was we were what whats when where whether which while who whom"
    " whose why will with within without would you your describe define mean means meaning following called kind"
    " between difference differ happen happens work works 的 了 是 在 和 与 或 什么 哪个 如何 吗 以下 下列"
)
STOP_WORDS = frozenset(_STOP.split())


def terms(text: str) -> list[str]:
    """Terms of a text in order, stop words left out; a compound gives itself and then its parts."""
    out: list[str] = []
    for word in _WORD.findall(_POSSESSIVE.sub("", text)):
        out.extend(_terms_of(word[:_MAX_WORD]))
    return out


@lru_cache(maxsize=65_536)
def _terms_of(word: str) -> tuple[str, ...]:
    if _PLURAL_ACRONYM.match(word):
        return (word[:-1].lower(),)
    cjk = _CJK.findall(word)
    if cjk:
        rest = [part for part in _CJK.sub(" ", word).split() if part]
        pairs = [run[at : at + 2] for run in cjk for at in range(max(1, len(run) - 1))]
        return tuple(
            [term for term in pairs if term not in STOP_WORDS] + [term for part in rest for term in _terms_of(part)]
        )
    lowered = word.lower()
    parts = [part for part in _JOINT.split(word) if part]
    pieces = [piece for part in parts for piece in _camel(part)]
    if len(parts) == 1 and len(pieces) == 1:
        return () if lowered in STOP_WORDS else (stem(lowered),)
    found = [lowered] if len(parts) > 1 else [stem(lowered)]
    if len(parts) > 1:
        found += [stem(part.lower()) for part in parts]
    found += [stem(piece.lower()) for piece in pieces if piece not in parts]
    return tuple(dict.fromkeys(term for term in found if term not in STOP_WORDS))


def _camel(part: str) -> list[str]:
    """``NFManagement`` gives NF and Management; a word in one case, or with digits, stays whole."""
    if part.islower() or part.isupper() or part.isdigit() or not part.isascii() or any(c.isdigit() for c in part):
        return [part]
    pieces = _CAMEL.findall(part)
    # "UEs" and "xApps" are words, not compounds: pieces need two letters each.
    return pieces if len(pieces) > 1 and all(len(piece) > 1 for piece in pieces) else [part]


def stem(word: str) -> str:
    """Take the commonest English endings off: plurals, -ing, -ed, -ation; digits and short words stay."""
    if len(word) < 4 or not word.isalpha() or not word.isascii():
        return word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith(("sses", "shes", "ches", "xes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("isation", "ization"):
        if word.endswith(ending) and len(word) > 9:
            return word[: -len(ending)] + "is"
    for ending in ("ation", "ating", "ated", "ate"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    for ending in ("ising", "izing", "ised", "ized", "ise", "ize"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)] + "is"
    for ending in ("ing", "ed"):
        base = word[: -len(ending)]
        if word.endswith(ending) and len(base) >= 3 and any(vowel in base for vowel in "aeiouy"):
            return base[:-1] if len(base) > 3 and base[-1] == base[-2] and base[-1] not in "lsz" else _bare(base)
    return _bare(word)


def _bare(word: str) -> str:
    """A silent final e goes, so that ``handle`` and ``handling`` meet."""
    return word[:-1] if word.endswith("e") and len(word) > 4 else word
