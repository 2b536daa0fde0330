"""The language of a text, told by its script, and for Latin letters by the small words that every sentence uses."""

import re
from collections import Counter

_SAMPLE_CHARACTERS = 8_000
_MIN_LETTERS = 20
_MIN_SMALL_WORDS = 4
_MIN_KINDS = 3
_MIN_SHARE = 0.04
"""Share of small words; running English is near .35, documentation full of names and numbers above .06."""
_LEAD = 1.25
"""The best language has to find this many times the small words of the next."""

_SCRIPTS = (
    ("kana", re.compile("[\u3040-\u30ff\u31f0-\u31ff]")),
    ("han", re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")),
    ("hangul", re.compile("[\u1100-\u11ff\uac00-\ud7af]")),
    ("cyrillic", re.compile("[\u0400-\u04ff]")),
    ("arabic", re.compile("[\u0600-\u06ff\u0750-\u077f]")),
    ("greek", re.compile("[\u0370-\u03ff\u1f00-\u1fff]")),
    ("hebrew", re.compile("[\u0590-\u05ff]")),
    ("devanagari", re.compile("[\u0900-\u097f]")),
    ("thai", re.compile("[\u0e00-\u0e7f]")),
    ("latin", re.compile("[A-Za-z\u00c0-\u024f]")),
)
_BY_SCRIPT = {"hangul": "ko", "greek": "el", "hebrew": "he", "devanagari": "hi", "thai": "th"}
_WIDE = ("han", "kana", "hangul")
_WIDE_FACTOR = 4
"""A Chinese word is one or two characters, a Latin one with its abbreviations five or more."""

_SMALL_WORDS = {
    "en": "the of and to in is that for it with as be this are by on or an not from which can will has have at when if"
    " its was should each all used",
    "de": "der die und das den von zu mit ist nicht ein eine des dem im auf für sich werden wird auch als durch oder"
    " bei sind nach einer einem kann über zur",
    "fr": "le la les des et est une du pour dans que qui au sur pas avec par ce plus sont ou cette être ces aux il"
    " son ne se leur peut",
    "es": "el los las del y que es una por con para su se al como más no lo son este esta o sus entre cuando puede un"
    " está también ser",
    "it": "il della di che è per un una con non si del le dei alla sono nel da gli come anche più questo delle al"
    " essere ha o può i",
    "pt": "o os do da que é um uma para com não em se dos das no na por como mais ao são ou pelo pela esta este ser"
    " também foi",
    "nl": "de het een van en is dat voor met op niet zijn te aan door wordt ook als worden bij naar of deze uit kan"
    " dit om er wij",
    "pl": "i w na z się że nie do jest to przez dla są oraz jak lub po od które który może być tym przy za jego"
    " także jako",
    "sv": "och att det som en på är av för med den till inte har de om ett kan ska vid från eller detta så också"
    " när vi",
    "da": "og at det som en på er af for med den til ikke har de om et kan skal ved fra eller dette så også når vi der",
    "no": "og at det som en på er av for med den til ikke har de om et kan skal ved fra eller dette så også når vi"
    " fra blir",
    "fi": "ja on ei että se joka tai kun voi ovat myös mutta niin kuin tämä sen sekä oli jos ole",
    "cs": "a v na se je že s z do pro ve jsou k by jako po který které nebo jeho také může být při",
    "tr": "ve bir bu için ile da de olarak olan gibi daha çok kadar veya değil ne sonra her en",
    "ro": "și de la în cu pe un este care o din să nu mai sau pentru prin sunt ca fi al",
    "hu": "a az és hogy nem is egy meg van de ha csak vagy mint már el ez lehet amely volt",
    "vi": "và của là có các được trong cho không một với này những để khi người đã từ",
    "id": "yang dan di ini dengan untuk dari dalam pada tidak adalah atau akan oleh ke juga dapat sebagai",
}
_OWNERS: dict[str, tuple[str, ...]] = {}
for _language, _words in _SMALL_WORDS.items():
    # Single letters are variables and list marks more often than words.
    for _word in dict.fromkeys(word for word in _words.split() if len(word) > 1):
        _OWNERS[_word] = (*_OWNERS.get(_word, ()), _language)
_WORD = re.compile(r"[^\W\d_]+")
_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`|<[^<>\n]{1,200}>|https?://\S+", re.DOTALL)


def detect(text: str) -> str:
    """The ISO 639-1 code of the language of a text's first 8,000 characters; empty when it can not be told.

    Code and links are left out. Takes about a millisecond.
    """
    sample = _CODE.sub(" ", text[:_SAMPLE_CHARACTERS])
    counts = {"latin": 0} if sample.isascii() else {name: len(found.findall(sample)) for name, found in _SCRIPTS}
    if sample.isascii():
        return _latin(sample)
    letters = {name: count * (_WIDE_FACTOR if name in _WIDE else 1) for name, count in counts.items()}
    if sum(letters.values()) < _MIN_LETTERS:
        return ""
    east = letters["han"] + letters["kana"]
    script = max(("east", east), *letters.items(), key=lambda item: item[1])[0]
    if script in ("east", "han", "kana"):
        return "ja" if counts["kana"] * 10 > counts["han"] else "zh"
    if script == "cyrillic":
        return _cyrillic(sample.lower())
    if script == "arabic":
        return "ur" if re.search("[ٹڈڑے]", sample) else "fa" if re.search("[پچژگ]", sample) else "ar"
    return _BY_SCRIPT.get(script) or _latin(sample)


def _cyrillic(sample: str) -> str:
    if re.search("[їєґ]", sample):
        return "uk"
    if re.search("[ыэё]", sample):
        return "ru"
    return "sr" if re.search("[ђћљњџј]", sample) else "bg" if "ъ" in sample else "ru"


def _latin(sample: str) -> str:
    words = Counter(word for word in _WORD.findall(sample.lower()) if len(word) > 1)
    found: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    scores: Counter[str] = Counter()
    for word in words.keys() & _OWNERS.keys():
        for language in _OWNERS[word]:
            found[language] += words[word]
            kinds[language] += 1
            # A word that many languages share tells them apart the less.
            scores[language] += words[word] * 60 // len(_OWNERS[word])
    if not scores:
        return ""
    (best, score), (_, second) = (*scores.most_common(2), ("", 0))[:2]
    enough = found[best] >= max(_MIN_SMALL_WORDS, _MIN_SHARE * words.total())
    return best if enough and kinds[best] >= _MIN_KINDS and score >= second * _LEAD else ""
