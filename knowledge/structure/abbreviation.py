"""Whether words spell out an abbreviation, and which of the words before it do.

The method of A. S. Schwartz and M. A. Hearst, "A simple algorithm for identifying abbreviation definitions in
biomedical text", Pacific Symposium on Biocomputing 8, 2003: read both from the right, every letter of the short form
has to be found in order in the long form, and its first letter at the start of a word. On top of it most letters have
to begin words, for precision: standards' abbreviations are made of initials.
"""

import re

_SHORT = re.compile(r"[A-Z0-9][A-Za-z0-9]*(?:[-/&+.][A-Za-z0-9]+)*\+?|[a-z]{1,3}[A-Z][A-Za-z0-9]*(?:[-/][A-Za-z0-9]+)*")
_WORD_START = re.compile(r"[^\W_]+")
_MAX_SHORT = 12
MAX_EXPANSION = 120
"""Characters; nothing longer is what an abbreviation stands for."""
_FIRST_LETTERS = 0.6
"""Share of an abbreviation's letters that begin a word, or a part of one, of what it stands for."""
_SMALL = frozenset(
    ["a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "over", "the", "to", "via", "with"]
)


def is_abbreviation(word: str) -> bool:
    """Whether a word looks like one (``gNB``, ``E2SM-KPM``, ``5GC``): up to twelve characters, two capitals or more."""
    if not 2 <= len(word) <= _MAX_SHORT or not _SHORT.fullmatch(word):
        return False
    capitals = sum(c.isupper() for c in word)
    unit = capitals == 1 and word[0].islower() and len(word) <= 3  # kB, dB
    return capitals >= 2 or unit or (capitals == 1 and any(c.isdigit() for c in word))


def spells(short: str, long: str) -> bool:
    """Whether ``long`` as a whole stands for ``short``."""
    found = long_form(short, long)
    return found == long.strip() and bool(found)


def long_form(short: str, before: str) -> str:
    """The words at the end of ``before`` that ``short`` stands for; empty when none do."""
    before = before.rstrip()
    # No more words than this belong to it, in the paper's terms: min(|A| + 5, 2 |A|).
    letters = sum(c.isalnum() for c in short)
    words = list(_WORD_START.finditer(before))
    if not words or letters < 2:
        return ""
    window = words[max(0, len(words) - min(letters + 5, letters * 2)) :]
    offset = window[0].start()
    start = _first_letter(short, before[offset:])
    if start < 0:
        return ""
    found = before[offset + start :]
    # "the Access Network (AN)": "An" in a word of the sentence is no initial of it.
    return found if _fits(short, found) else ""


def _first_letter(short: str, text: str) -> int:
    """Where the match of all letters from the right ends, or -1."""
    last_word = max(text.rfind(" "), text.rfind("\n"), text.rfind("-"), text.rfind("/")) + 1
    lowered = text.lower()
    # Lower case can be longer ("\u0130"): then positions would be off.
    lowered = lowered if len(lowered) == len(text) else text
    at = len(text)
    letters = [(number == 0, c.lower()) for number, c in enumerate(short) if c.isalnum()]
    for number, (first, letter) in enumerate(reversed(letters)):
        at = lowered.rfind(letter, 0, at)
        while at >= 0 and first and not _begins_word(text, at):
            at = lowered.rfind(letter, 0, at)
        # The last word gives a letter: "the Radio Unit component (RU)" does not explain RU.
        if at < 0 or (number == 0 and at < last_word):
            return -1
    return at


def _begins_word(text: str, at: int) -> bool:
    if at and (text[at - 1].isalnum() or text[at - 1] in "_-"):
        return False
    word = _WORD_START.match(text, at)
    return word is not None and word.group().lower() not in _SMALL


def _fits(short: str, long: str) -> bool:
    """Precision: the long form has more words or is longer, and the short form is mostly initials of it, in order."""
    words = [word.group() for word in _WORD_START.finditer(long)]
    letters = [c.lower() for c in short if c.isalnum() and not c.isdigit()]
    if short in words or not letters or len(long) < len(short) + 2 or "\n\n" in long:
        return False
    if len(words) == 1:
        return len(letters) <= 6 and letters[0] == words[0][0].lower() and len(words[0]) >= 2 * len(letters)
    content = [word for word in words if word.lower() not in _SMALL]
    # A small word gives a letter only where the abbreviation writes it small: the o of QoS.
    initials = [word[0].lower() for word in words if word in content or word[0].lower() in short]
    at = matched = 0
    for letter in letters:
        if letter in initials[at:]:
            matched, at = matched + 1, initials.index(letter, at) + 1
    # One word that gives no letter is common; several mean that the phrase is not the long form.
    unused = len(content) - matched
    return matched >= _FIRST_LETTERS * min(len(letters), len(content)) and unused <= 1 + len(letters) // 4
