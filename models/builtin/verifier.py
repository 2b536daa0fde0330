"""``builtin/verifier``: is every sentence borne out by what it cites, and does the answer fit the question?"""

import json
import re
from typing import TypedDict

from coreagent.messages import ToolCall
from coreagent.models.builtin.base import BuiltinModel, named, user_sections
from coreagent.models.builtin.markers import answer_line, is_not_found, marked_sentences
from coreagent.models.builtin.numbers import quantities
from coreagent.models.builtin.support import Support, check_support
from coreagent.models.builtin.words import overlap, terms, vocabulary
from coreagent.models.chat import ChatRequest
from coreagent.questions import ParsedQuestion, parse_question
from coreagent.sections import Section, first

MAX_QUESTION_CHARS = 1_500
MAX_SENTENCES = 60
"""An answer is a handful of sentences; the rest of a runaway draft is not read."""


class _Check(TypedDict):
    text: str
    supported: bool
    cited: list[int]
    problem: str


class BuiltinVerifier(BuiltinModel):
    """Emits the verifier's JSON."""

    role = "verifier"

    def answer(self, request: ChatRequest) -> tuple[str, tuple[ToolCall, ...]]:
        """A verdict on the request's draft."""
        found = user_sections(request)
        question = next((section for section in found if section.name == "question"), Section("question", ""))
        evidence = {section.attributes.get("id", ""): section for section in named(found, "evidence")}
        draft = first(found, "draft")
        parsed = parse_question(question.body)
        form = question.attributes.get("form", "open")
        verdict = _not_found(parsed, evidence) if is_not_found(draft) else _verdict(draft, parsed, form, evidence)
        return json.dumps(verdict, ensure_ascii=False), ()


def _verdict(draft: str, parsed: ParsedQuestion, form: str, evidence: dict[str, Section]) -> dict[str, object]:
    checks: list[_Check] = []
    shares: list[float] = []
    for sentence, cited in marked_sentences(draft)[:MAX_SENTENCES]:
        numbers = [number for number in cited if str(number) in evidence]
        support = (
            check_support(sentence, "\n".join(_whole(evidence[str(number)]) for number in numbers))
            if numbers
            else Support(0.0, "the sentence names no evidence")
        )
        shares.append(support.share)
        checks.append(
            {"text": sentence, "supported": not support.problem, "cited": numbers, "problem": support.problem}
        )
    problems = _form_problems(draft, parsed, form)
    asked = terms(parsed.stem[-1_000:])
    covered = overlap(
        asked, vocabulary(draft[:20_000]) | vocabulary(" ".join(_whole(s) for s in _cited(checks, evidence))), {}
    )
    # A case with data is answered by its cause, not in the words of its tables.
    case = form == "diagnosis" or len(parsed.stem) > MAX_QUESTION_CHARS
    covered = 1.0 if case else covered
    if asked and covered < 0.34:
        problems.append("the answer does not speak of what was asked")
    good = sum(check["supported"] for check in checks)
    if not checks or not good:
        outcome = "unsupported"
    elif good < len(checks) or problems:
        outcome = "partly_supported"
    else:
        outcome = "supported"
    base = (sum(shares) / len(shares)) * good / len(checks) if checks else 0.0
    score = base * (0.6 + 0.4 * min(1.0, covered / 0.7)) * (0.6 if problems else 1.0) * _trust(checks, evidence)
    return {
        "sentences": checks,
        "problems": problems,
        "outcome": outcome,
        "score": round(max(0.0, min(1.0, score)), 3),
    }


def _not_found(parsed: ParsedQuestion, evidence: dict[str, Section]) -> dict[str, object]:
    asked = terms(parsed.stem[:1_000])
    computed = [section for section in evidence.values() if section.attributes.get("kind") == "tool"]
    held = max(
        (overlap(asked, vocabulary(_whole(section)), {}) * _score(section) for section in evidence.values()),
        default=0.0,
    )
    problems = ["a tool computed a value that the draft leaves out"] if computed else []
    if held >= 0.6:
        problems.append("the evidence seems to hold the answer")
    return {
        "sentences": [],
        "problems": problems,
        "outcome": "unsupported" if problems else "not_found",
        "score": round(0.2 if problems else 1 - held, 3),
    }


def _form_problems(draft: str, parsed: ParsedQuestion, form: str) -> list[str]:
    problems: list[str] = []
    said = answer_line(draft)
    if form == "choice" or (form == "diagnosis" and parsed.options):
        labels = parsed.labels_in(said)
        if not labels:
            problems.append("the last line does not name one of the options")
        elif parsed.count and len(labels) != parsed.count:
            problems.append(f"{parsed.count} options are wanted, {len(labels)} are named")
    elif form == "diagnosis" and not said:
        problems.append("no cause is named")
    if form == "number" and not quantities(re.sub(r"\[[\d, ]+\]", "", draft)):
        problems.append("the question asks for a value and the answer has none")
    if parsed.boxed and "\\boxed" not in draft:
        problems.append("the question asks for a boxed answer")
    return problems


def _cited(checks: list[_Check], evidence: dict[str, Section]) -> list[Section]:
    numbers = {str(n) for check in checks for n in check["cited"]}
    return [section for number, section in evidence.items() if number in numbers]


def _trust(checks: list[_Check], evidence: dict[str, Section]) -> float:
    """How sure retrieval was of the best evidence cited; weak passages make a weak answer."""
    best = max((_score(section) for section in _cited(checks, evidence)), default=0.0)
    return 0.5 + 0.5 * best


def _score(section: Section) -> float:
    try:
        return max(0.0, min(1.0, float(section.attributes.get("score", "1"))))
    except ValueError:
        return 1.0


def _whole(section: Section) -> str:
    return f"{section.attributes.get('source', '')}\n{section.body}"
