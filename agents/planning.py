"""The planning module: what to ask the planner, and when a plan has to be made again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from coreagent.agents.action import Outcome
from coreagent.agents.planner import PlannerTask
from coreagent.answer import Verdict
from coreagent.events import Feedback
from coreagent.tools.tool import ToolInfo


class PlanningModule(Protocol):
    """Decomposition strategy and its use of feedback."""

    @property
    def strategy(self) -> Literal["single_path", "multi_path"]:
        """Whether one plan is made, or several to choose from."""
        ...

    @property
    def technique(self) -> Literal["rule_based", "lm_powered"]:
        """Who makes the plan."""
        ...

    def task(
        self,
        question: str,
        *,
        tools: Sequence[ToolInfo],
        corpora: tuple[str, ...],
        memory: tuple[str, ...],
        feedback: tuple[Feedback, ...],
        profile: str,
    ) -> PlannerTask:
        """What the planner is asked."""
        ...

    def feedback(self, outcomes: Sequence[Outcome], verdict: Verdict | None) -> tuple[Feedback, ...]:
        """What failures and verdicts tell the next plan."""
        ...

    def replans(self, verdict: Verdict, *, attempt: int, guessed: bool = False) -> bool:
        """True when the draft calls for another plan and the bound allows one.

        ``guessed``: it names an option all the same, without evidence.
        """
        ...

    def escalates(
        self, verdict: Verdict, *, escalations: int, score: float | None = None, accept: float | None = None
    ) -> bool:
        """True when another model should write the draft afresh: see :func:`shortfall`. Both in 0..1."""
        ...


def shortfall(verdict: Verdict, *, score: float, accept: float | None) -> str:
    """Why a draft is not good enough to stand, in words; empty when it is.

    ``accept`` is what the routing policy asks of ``score``, the verdict's calibrated one; None: the verdict's own
    label decides alone. An unsupported draft never stands, however sure the verifier is of it.
    """
    if verdict.outcome == "unsupported" or (accept is None and verdict.outcome == "partly_supported"):
        return "the draft was not supported"
    if accept is not None and score < accept and verdict.outcome in ("supported", "partly_supported"):
        return f"the verifier gave the draft {score:.2f}, and {accept:g} is asked for"
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SinglePath:
    """One plan, made by the planner model, and made again at most ``max_replans`` times."""

    max_replans: int = 1
    max_escalations: int = 1
    max_subtasks: int = 8
    strategy: Literal["single_path", "multi_path"] = "single_path"
    technique: Literal["rule_based", "lm_powered"] = "lm_powered"

    def task(
        self,
        question: str,
        *,
        tools: Sequence[ToolInfo],
        corpora: tuple[str, ...],
        memory: tuple[str, ...],
        feedback: tuple[Feedback, ...],
        profile: str,
    ) -> PlannerTask:
        """The question with all that a plan may use."""
        return PlannerTask(
            question=question,
            tools=tuple(tools),
            corpora=corpora,
            memory=memory,
            feedback=feedback,
            profile=profile,
            max_subtasks=self.max_subtasks,
        )

    def feedback(self, outcomes: Sequence[Outcome], verdict: Verdict | None) -> tuple[Feedback, ...]:
        """Each failed call, then what the verifier, a tool of its own kind, found missing."""
        failed = [Feedback(o.source, f"{o.tool}: {o.error}", o.subtask) for o in outcomes if o.error]
        found = [Feedback("tool", f"verifier: {problem}") for problem in verdict.problems] if verdict else []
        if verdict and not found and verdict.outcome in ("not_found", "unsupported"):
            found = [Feedback("tool", f"verifier: {verdict.outcome.replace('_', ' ')}")]
        return (*failed, *found)

    def replans(self, verdict: Verdict, *, attempt: int, guessed: bool = False) -> bool:
        """Nothing found, or nothing of it supported: other searches may do better.

        Not for a question that has its answer as a guess, when rules plan: they would search for nearly the same.
        """
        if guessed and self.technique == "rule_based":
            return False
        return attempt < self.max_replans and verdict.outcome in ("not_found", "unsupported")

    def escalates(
        self, verdict: Verdict, *, escalations: int, score: float | None = None, accept: float | None = None
    ) -> bool:
        """Evidence is there but the draft does not follow it well enough: a better writer may."""
        known = verdict.score if score is None else score
        return escalations < self.max_escalations and bool(shortfall(verdict, score=known, accept=accept))
