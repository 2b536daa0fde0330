"""Search queries from questions, and other wordings when the first found nothing."""

import re

from coreagent.models.builtin.wording import acronym_table
from coreagent.models.builtin.words import FILLER, acronyms, terms

_FILLER_PHRASES = re.compile(
    r"^(?:\s*(?:hi|hello|hey|please|kindly|so|well|ok(?:ay)?|can you|could you|would you|will you|"
    r"i (?:want|need|would like) to (?:know|understand|find out)|i(?:'d| would) like to know|tell me|"
    r"explain(?: to me)?|describe|help me(?: to)? understand|do you know|i wonder|give me|"
    r"find|look up|search for)\b[\s,:]*)+",
    re.IGNORECASE,
)
_DEFINED = tuple(
    re.compile(pattern + r"\s*[?.!]*$", re.IGNORECASE | re.DOTALL)
    for pattern in (
        r"\bwhat(?:'s|\s+is|\s+are|\s+was)\s+(?:meant by\s+)?(?P<term>.+?)",
        r"\bwhat\s+(?:does|do)\s+(?P<term>.+?)\s+(?:mean|stand for|do)",
        r"\b(?:define|explain|describe|definition of|meaning of)\s+(?P<term>.+?)",
    )
)
_OPENING = re.compile(
    r"^(?:(?:an?|the|what|is)\s+)*(?:(?:term|acronym|abbreviation|name)\s+|(?:main\s+|primary\s+)?(?:role|purpose|"
    r"function|task|job|meaning|definition|use)\s+of\s+)?(?:(?:an?|the)\s+)?",
    re.IGNORECASE,
)
_NAMING = re.compile(
    r"\bstands?\s+for\b|\b(?:abbreviat\w*|acronym)\b|\bfull\s+(?:form|name)\s+of\b"
    r"|\b(?:meaning\s+of|(?:does|do)\s+\S{1,40}(?:\s+\S{1,40}){0,3}\s+mean\b|is\s+meant\s+by)",
    re.IGNORECASE,
)
MAX_QUERY_CHARS = 600


def search_query(text: str) -> str:
    """The text without opening courtesies, on one line, at most ``MAX_QUERY_CHARS`` long."""
    plain = re.sub(r"\s+", " ", text.lstrip()[: 4 * MAX_QUERY_CHARS]).strip()
    return (_FILLER_PHRASES.sub("", plain) or plain)[:MAX_QUERY_CHARS].strip(" \"'")


def asked_term(text: str) -> tuple[str, bool]:
    """The term whose meaning is asked, and whether the question really is about a term."""
    text = text[: 4 * MAX_QUERY_CHARS]
    quoted = re.search(r"[\"\u201c'`]([^\"\u201d'`\n]{1,80})[\"\u201d'`]", text)
    if quoted:
        return quoted[1].strip(), True
    query = search_query(text).rstrip("?.! ")
    names = acronyms(query)
    for form in _DEFINED:
        match = form.search(query)
        term = _OPENING.sub("", match["term"].strip()) if match else ""
        if term and len(term.split()) <= 4:
            return term, True
    if names:
        return names[0], len(query.split()) <= 3
    return (query, True) if len(query.split()) <= 3 else (" ".join(terms(query)[:3]), False)


def asks_meaning(text: str) -> bool:
    """True when a question wants a name spelled out or its meaning, rather than what the thing does."""
    return bool(_NAMING.search(text[: 4 * MAX_QUERY_CHARS])) and asked_term(text)[1]


def reworded(text: str, attempt: int) -> str:
    """Another query for the same wish.

    Attempt 1 keeps the topic words and spells acronyms out; attempt 2 and later keep only names and the rarest-looking
    words, so that nothing in the wording can be what kept the passage away.
    """
    query = search_query(text)
    names = acronyms(query)
    table = acronym_table()
    spelled = [table[name.upper()] for name in names if name.upper() in table]
    kept = [word for word in re.findall(r"[\w./-]*\w", query) if word.lower() not in FILLER]
    if attempt > 1:
        long = sorted(dict.fromkeys(kept), key=lambda word: (-len(word), word))[:3]
        kept = [word for word in kept if word in names or word in long]
    return " ".join(dict.fromkeys([*kept, *spelled]))[:MAX_QUERY_CHARS] or query
