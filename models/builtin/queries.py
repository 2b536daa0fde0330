"""Search queries from questions, and other wordings when the first found nothing."""

import re

from coreagent.models.builtin.words import FILLER, acronyms, terms
from coreagent.models.builtin.wording import acronym_table

_FILLER_PHRASES = re.compile(
    r"^(?:\s*(?:hi|hello|hey|please|kindly|so|well|ok(?:ay)?|can you|could you|would you|will you|i (?:want|need|would like)"
    r" to (?:know|understand|find out)|i(?:'d| would) like to know|tell me|explain(?: to me)?|describe|help me"
    r"(?: to)? understand|do you know|i wonder|give me|find|look up|search for)\b[\s,:]*)+",
    re.IGNORECASE,
)
_DEFINED = re.compile(
    r"(?:what (?:is|are|does|do)(?: (?:an?|the))?|define|definition of|meaning of|stands? for)\s+"
    r"(?:the (?:term|acronym|abbreviation)\s+)?[\"'\u201c]?(?P<term>.+?)[\"'\u201d]?(?:\s+(?:mean|means|stand for|stands for)\b.*)?"
    r"\s*[?.!]*$",
    re.IGNORECASE | re.DOTALL,
)
MAX_QUERY_CHARS = 600


def search_query(text: str) -> str:
    """The text without opening courtesies, on one line, at most ``MAX_QUERY_CHARS`` long."""
    plain = re.sub(r"\s+", " ", text).strip()
    return (_FILLER_PHRASES.sub("", plain) or plain)[:MAX_QUERY_CHARS].strip(" \"'")


def asked_term(text: str) -> tuple[str, bool]:
    """The term whose meaning is asked, and whether the question really is about a term."""
    quoted = re.search(r"[\"\u201c'`]([^\"\u201d'`\n]{1,80})[\"\u201d'`]", text)
    if quoted:
        return quoted[1].strip(), True
    query = search_query(text).rstrip("?.! ")
    match = _DEFINED.search(query)
    names = acronyms(query)
    if match and len(match["term"].split()) <= 4:
        return re.sub(r"^(?:an?|the)\s+", "", match["term"].strip(), flags=re.I), True
    if names:
        return names[0], len(query.split()) <= 3
    return (query, True) if len(query.split()) <= 3 else (" ".join(terms(query)[:3]), False)


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
