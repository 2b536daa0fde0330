"""The summarizer: evidence into an answer whose sentences carry ``[n]`` markers."""

import re
from dataclasses import dataclass

from coreagent import sections
from coreagent.agents.prompt import messages
from coreagent.agents.role import render_feedback, render_notes
from coreagent.agents.stated_number import stated_number
from coreagent.answer import Evidence
from coreagent.events import Feedback
from coreagent.models.chat import ChatRequest, Completion
from coreagent.plans import QuestionForm, RoleName
from coreagent.questions import ParsedQuestion, parse_question

_MARKER = re.compile(r"\[(\d{1,4}(?: ?[,;\u2013-] ?\d{1,4})*)\]")
_ANSWER = re.compile(r"^[ \t*_#>]*answer[ \t]*[:\uff1a][ \t]*(.+)$", re.IGNORECASE | re.MULTILINE)
_CONFIDENCE = re.compile(r"^[ \t*_#>]*confidence[ \t]*:[ \t]*(0(?:\.\d{1,4})?|1(?:\.0{1,4})?)[ \t]*$", re.I | re.M)
_NOT_FOUND = re.compile(r"^[\s*_#>]*not found\b", re.IGNORECASE)
_REFUSED = re.compile(r"^[\s*_#>]*REFUSED[*_]*:")
GUESS_RULE = (
    " When the evidence does not decide it, begin with NOT FOUND:, say so in one sentence, and still write the last"
    " line with the label of the likeliest option."
)
FORM_RULES: dict[QuestionForm, str] = {
    "open": "Answer in one to four sentences.",
    "choice": "The question offers options. Say in one or two sentences why the right option is right, then write the"
    " last line: `ANSWER: <label>` with the label as it stands in the question. Several right options:"
    " `ANSWER: A, C`.",
    "number": "State the value with its unit in the first sentence, then how it was found.",
    "diagnosis": "Name the cause and the observations that point to it, then write the last line: `ANSWER: <label>`"
    " with the label as it stands in the question, or the cause in a few words when there are no labels.",
    "action": "Say what was changed, on what, and with which result. Claim nothing that the evidence does not show.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SummarizerTask:
    """What to write from. ``evidence[0]`` is cited as ``[1]``; ``notes`` are remarks on failed or partial subtasks.

    ``guess``: where the evidence does not decide between options, the likeliest is named all the same, as a guess.
    """

    question: str
    form: QuestionForm = "open"
    evidence: tuple[Evidence, ...] = ()
    notes: tuple[str, ...] = ()
    memory: tuple[str, ...] = ()
    profile: str = ""
    feedback: tuple[Feedback, ...] = ()
    guess: bool = True


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer not yet verified.

    ``cited`` are the 1-based evidence numbers in order of first use; ``choice`` is the option label (several are joined
    with ``", "``), the named cause or the stated number; ``found`` is False when the evidence does not answer the
    question. Then ``choice`` is a guess, and ``confidence`` in 0..1 what the writer gives for it, 0 when it does not
    say. ``refused``: the writer will not answer, and ``text`` says why.
    """

    text: str
    cited: tuple[int, ...] = ()
    choice: str = ""
    found: bool = True
    confidence: float = 0.0
    refused: bool = False


class Summarizer:
    """Stateless; safe to share. Its answers are plain text, so they can be streamed as they come."""

    name: RoleName = "summarizer"

    def request(self, task: SummarizerTask) -> ChatRequest:
        """Ask for an answer that rests on the numbered evidence alone."""
        guess = task.guess and task.form == "choice"
        marked = {"form": task.form} | ({"guess": "no"} if task.form == "choice" and not guess else {})
        return ChatRequest(
            messages=messages(
                "summarizer",
                system={"profile": task.profile, "form_rule": FORM_RULES[task.form] + (GUESS_RULE if guess else "")},
                user={
                    "question": sections.render("question", task.question, **marked),
                    "evidence": render_evidence(task.evidence),
                    "notes": render_notes("note", task.notes),
                    "memory": render_notes("memory", task.memory),
                    "feedback": render_feedback(task.feedback),
                },
            )
        )

    def read(self, task: SummarizerTask, completion: Completion) -> Draft:
        """Read the draft.

        Raises:
            ValueError: no text, a marker without evidence, no citation at all, or no answer line where one is due.
        """
        text = completion.text.strip()
        if not text:
            raise ValueError("the answer is empty")
        if _REFUSED.match(text):
            return Draft(text, found=False, refused=True)
        if _NOT_FOUND.match(text):
            return _undecided(task, text)
        cited = cited_numbers(text, len(task.evidence))
        if task.evidence and not cited:
            raise ValueError(
                "no sentence names its evidence; put the number of the evidence in brackets, such as [1],"
                " after each sentence, or begin with NOT FOUND: when the evidence does not answer"
            )
        choice = ""
        if task.form in ("choice", "diagnosis"):
            choice = _choice(text, parse_question(task.question))
        elif task.form == "number":
            choice = stated_number(text)
        return Draft(text, cited, choice)


def _undecided(task: SummarizerTask, text: str) -> Draft:
    """A draft without an answer, with its guess where one is wanted; a line that names no option is no guess."""
    cited = cited_numbers(text, len(task.evidence))
    lines = _ANSWER.findall(text)
    options = parse_question(task.question) if task.guess and task.form == "choice" and lines else None
    labels = options.labels_in(str(lines[-1]).strip(" \t*_")) if options else ()
    said = _CONFIDENCE.search(text) if labels else None
    return Draft(text, cited, ", ".join(labels), found=False, confidence=float(said[1]) if said else 0.0)


def render_evidence(evidence: tuple[Evidence, ...]) -> str:
    """Numbered evidence sections; ``id`` is the number to cite, the score stands with two decimals."""
    return "\n".join(
        sections.render(
            "evidence",
            item.text,
            id=number,
            source=str(item.citation),
            kind="tool" if item.citation.corpus == "tool" else "passage",
            label=str(item.label),
            score=f"{item.score:.2f}",
        )
        for number, item in enumerate(evidence, 1)
    )


def cited_numbers(text: str, count: int) -> tuple[int, ...]:
    """The evidence numbers cited in ``text``, in order of first use; ``[1-3]`` counts as three.

    Raises:
        ValueError: a number that is not in 1..count.
    """
    numbers: list[int] = []
    for match in _MARKER.finditer(text):
        numbers.extend(_expand(match[1]))
    wrong = sorted({n for n in numbers if not 1 <= n <= count})
    if wrong:
        allowed = f"1 to {count}" if count else "none, because there is no evidence"
        raise ValueError(f"evidence {', '.join(map(str, wrong))} is cited; the numbers allowed are {allowed}")
    return tuple(dict.fromkeys(numbers))


def _expand(body: str) -> list[int]:
    numbers: list[int] = []
    for part in re.split(r"\s*[,;]\s*", body):
        ends = [int(end) for end in re.split(r"\s*[\u2013-]\s*", part)]
        # A range is only one when it goes up and is short; else its ends are what was meant.
        short = len(ends) == 2 and 0 < ends[1] - ends[0] < 20
        numbers.extend(range(ends[0], ends[1] + 1) if short else ends)
    return numbers


def _choice(text: str, question: ParsedQuestion) -> str:
    lines = _ANSWER.findall(text)
    if not lines:
        raise ValueError("the last line must be `ANSWER: <label>`")
    said = str(lines[-1]).strip(" \t*_")
    if not question.options:
        return said.rstrip(".")
    labels = question.labels_in(said)
    if not labels:
        known = ", ".join(option.label for option in question.options)
        raise ValueError(f"{said!r} is not one of the options; the labels are {known}")
    return ", ".join(labels)
