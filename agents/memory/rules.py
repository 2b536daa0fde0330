"""What is worth remembering: facts a person states outright, and answers that were complete and supported."""

import re

from coreagent.answer import Answer
from coreagent.secrets import mask

MAX_FACT_CHARS = 500
MAX_EPISODE_CHARS = 600
MAX_FACTS = 5

# In a longer text somebody's document may say "note that ...": only its first sentence is the asker's own.
OWN_WORDS_CHARS = 600

_SENTENCE = re.compile(r"(?:[^.!?\n。！？]|\.(?=\S))+[.!?。！？]?")
_STATED = re.compile(
    r"(?:(?:please|and|also)[ ,]+)*(?:"
    r"(?:remember|note|keep in mind|bear in mind|do(?:n't| not) forget)(?:[ ,]+that\b|\s?:)"
    r"|for the record\s?[,:]"
    r"|(?:请)?(?:记住|记下|牢记|别忘了)\s?[:：,，]?"
    r"|(?:请)?(?:注意|备注|记录)\s?[:：]"
    r")\s*(?P<fact>.+)",
    re.IGNORECASE | re.DOTALL,
)


def stated_facts(question: str) -> tuple[str, ...]:
    """Facts stated with "remember that ...", "note: ...", 请记住 ... and the like; secrets masked."""
    own = question.strip()
    sentences = [match[0].strip() for match in _SENTENCE.finditer(own[: OWN_WORDS_CHARS + MAX_FACT_CHARS])]
    if len(own) > OWN_WORDS_CHARS:
        sentences = sentences[:1]
    facts: list[str] = []
    for sentence in sentences:
        stated = _STATED.match(sentence)
        if stated is None or sentence.endswith(("?", "？")):
            continue
        fact = mask(stated["fact"].rstrip(".!。！ ").strip())
        if 3 <= len(fact) <= MAX_FACT_CHARS:
            facts.append(fact)
    return tuple(dict.fromkeys(facts))[:MAX_FACTS]


def episode(question: str, answer: Answer) -> str | None:
    """Question, short answer and sources as one text; None unless the answer is complete, supported and cited."""
    if answer.status != "complete" or answer.verdict.outcome != "supported" or not answer.citations:
        return None
    sources = "; ".join(dict.fromkeys(str(citation) for citation in answer.citations[:4]))
    asked, answered = _short(question, MAX_FACT_CHARS), _short(answer.text, MAX_EPISODE_CHARS)
    return mask(f"Question: {asked}\nAnswer: {answered}\nSources: {sources}")


def same_question(question: str) -> str:
    """A question without case, spacing and closing marks: two that are equal so far are one episode."""
    return " ".join(question.casefold().split()).rstrip(" ?？.。!！")


def _short(text: str, limit: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"
