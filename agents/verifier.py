"""The verifier: is every sentence of a draft borne out by what it cites?"""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from coreagent import sections
from coreagent.agents.prompt import messages
from coreagent.agents.summarizer import render_evidence
from coreagent.answer import Evidence, SentenceCheck, Verdict
from coreagent.models.chat import ChatRequest, Completion, ResponseSchema
from coreagent.models.structured import read_json
from coreagent.plans import QuestionForm, RoleName


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierTask:
    """A draft, and all the evidence its writer saw, in the same order."""

    question: str
    form: QuestionForm = "open"
    draft: str
    evidence: tuple[Evidence, ...] = ()
    profile: str = ""


class _SentenceFile(BaseModel):
    model_config = ConfigDict(extra="ignore")

    text: str
    supported: bool
    cited: tuple[int, ...] = ()
    problem: str = ""


class _VerdictFile(BaseModel):
    model_config = ConfigDict(extra="ignore")

    sentences: tuple[_SentenceFile, ...] = ()
    problems: tuple[str, ...] = ()
    outcome: Literal["supported", "partly_supported", "unsupported", "not_found"]
    score: float = Field(ge=0, le=1)


_VERDICT = TypeAdapter(_VerdictFile)


class Verifier:
    """Stateless; safe to share."""

    name: RoleName = "verifier"

    def request(self, task: VerifierTask) -> ChatRequest:
        """Ask for a verdict in JSON."""
        return ChatRequest(
            messages=messages(
                "verifier",
                system={"profile": task.profile},
                user={
                    "question": sections.render("question", task.question, form=task.form),
                    "evidence": render_evidence(task.evidence),
                    "draft": sections.render("draft", task.draft),
                },
            ),
            response_schema=_SCHEMA,
        )

    def read(self, task: VerifierTask, completion: Completion) -> Verdict:
        """Read the verdict.

        Raises:
            ValueError: not JSON of this form, an evidence number out of range, or an outcome its own sentences deny.
        """
        parsed = read_json(completion.text, _VERDICT)
        count = len(task.evidence)
        wrong = sorted({n for item in parsed.sentences for n in item.cited if not 1 <= n <= count})
        if wrong:
            raise ValueError(f"evidence {', '.join(map(str, wrong))} does not exist; there are {count} pieces")
        failed = sum(not item.supported for item in parsed.sentences)
        if parsed.outcome == "supported" and failed:
            raise ValueError(f"outcome is supported although {failed} sentences are marked as not supported")
        checks = tuple(SentenceCheck(item.text, item.supported, item.cited, item.problem) for item in parsed.sentences)
        return Verdict(parsed.outcome, parsed.score, checks, parsed.problems)


def _strict(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_SCHEMA = ResponseSchema(
    "verdict",
    # The sentences come first: a model that writes in order has then looked at each before it judges the whole.
    _strict(
        {
            "sentences": {
                "type": "array",
                "items": _strict(
                    {
                        "text": {"type": "string"},
                        "supported": {"type": "boolean"},
                        "cited": {"type": "array", "items": {"type": "integer"}},
                        "problem": {"type": "string"},
                    }
                ),
            },
            "problems": {"type": "array", "items": {"type": "string"}},
            "outcome": {
                "type": "string",
                "enum": ["supported", "partly_supported", "unsupported", "not_found"],
            },
            "score": {"type": "number", "minimum": 0, "maximum": 1},
        }
    ),
)
