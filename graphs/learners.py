"""Who hears how good a decision turned out to be."""

from typing import Protocol

from coreagent.decision import Decision
from coreagent.routing.policy import Remembers


class Learner(Protocol):
    """Learns from verdicts while the system runs. Synchronous and quick: it is told between two steps of a run."""

    def learn(self, decision: Decision, quality: float) -> None:
        """The result of ``decision`` was worth ``quality`` in 0..1."""
        ...


class MemoryLearner:
    """Credits the model that answered, which is a fallback when the chosen one failed."""

    def __init__(self, memory: Remembers) -> None:
        self._memory = memory

    def learn(self, decision: Decision, quality: float) -> None:
        """Raises what the memory raises when it can not write."""
        self._memory.learn(decision.role, decision.domain, decision.answered_by or decision.model, quality)
