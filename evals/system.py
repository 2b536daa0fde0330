"""What is evaluated: anything that answers an item. A model, a graph, the core-agent, a recorded run, a function."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from coreagent.budget import Ledger
from coreagent.evals.samples import Shown
from coreagent.messages import Message, ToolCall
from coreagent.models.chat import ToolSpec
from coreagent.plans import RoleName


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to answer.

    ``messages`` are the official prompt, for a bare model; ``question`` is the same for an agent, in plain words.
    ``salt`` keeps epochs apart where answers are stored by content; ``epoch`` counts them from 0. ``ledger`` is the
    trial's own account: every dollar and token of the answer is reserved in it before it is spent.
    """

    suite: str
    sample: str
    messages: tuple[Message, ...]
    question: str
    options: tuple[str, ...] = ()
    tools: tuple[ToolSpec, ...] = ()
    seed: int | None = None
    temperature: float = 0.0
    salt: str = ""
    epoch: int = 0
    ledger: Ledger = field(default_factory=Ledger)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One model call of a trial, as it was. ``usd`` and ``wh`` are its price whether or not it was paid this time.

    ``replayed``: the answer came from the store of earlier ones. ``request`` is the key it is stored under.
    """

    role: RoleName | str
    model: str
    input_tokens: int
    output_tokens: int
    usd: float
    seconds: float
    error: str = ""
    replayed: bool = False
    request: str = ""
    wh: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What a system gave.

    ``choice`` is what it states to have chosen beside its text (letters, a class), empty when it does not. ``status``
    is an answer's (``complete``, ``partial``, ``not_found``, ``refused``, ``waiting``) where there is one.
    ``confidence`` in 0..1 that it is right. ``events`` are a run's events as JSON objects, tokens left out.
    """

    text: str
    choice: str = ""
    status: str = "complete"
    finish_reason: str = "stop"
    tool_calls: tuple[ToolCall, ...] = ()
    confidence: float | None = None
    calls: tuple[CallRecord, ...] = ()
    events: tuple[Mapping[str, Any], ...] = ()


class System(Protocol):
    """Something that can be evaluated. One object answers many items at once, from one event loop."""

    @property
    def name(self) -> str:
        """As the user named it; unique within a run."""
        ...

    @property
    def description(self) -> Mapping[str, Any]:
        """What makes its answers what they are, as JSON values: models, settings, artefacts. Goes into the manifest."""
        ...

    @property
    def fitted_on(self) -> frozenset[str]:
        """Fingerprints of the rows that parts of it were fitted on; it is not measured on those."""
        ...

    async def answer(self, item: Item) -> Response:
        """Answer one item.

        Raises:
            CoreAgentError: it could not; ``BudgetExceededError`` when the item's or the run's budget is used up.
        """
        ...

    async def close(self) -> None:
        """Give back what it holds. Safe to call twice."""
        ...


@runtime_checkable
class Surveying(Protocol):
    """A system that looks at the samples of a suite before the run: an artefact baseline."""

    def survey(self, suite: str, trials: Sequence[Shown]) -> bool:
        """Look at every sample of a suite as shown, gold included; called once a suite, before its first item.

        False when there is nothing it could answer in this suite, such as the longest of no options: it is then left
        out of it.
        """
        ...
