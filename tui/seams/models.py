"""The models panel's view of the system."""

from dataclasses import dataclass
from typing import Any, Protocol

from coreagent.models.card import ModelCard
from coreagent.plans import RoleName


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelState:
    """A model with what is known of it at the moment.

    ``health`` is in words, empty when nothing is wrong. ``measured_ttft_s`` and ``measured_tpot_s`` are seconds to the
    first token and for each further one, as measured here; None: not measured. ``fixed_for`` are the roles that the
    settings fix it for.
    """

    card: ModelCard
    price: str
    health: str = ""
    measured_ttft_s: float | None = None
    measured_tpot_s: float | None = None
    fixed_for: tuple[RoleName, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCall:
    """What a tiny call to a model found; None means not tried. ``latency_ms`` is of one whole call."""

    __test__ = False

    model: str
    reached: bool
    latency_ms: float | None = None
    tools: bool | None = None
    json_schema: bool | None = None
    streaming: bool | None = None
    problems: tuple[str, ...] = ()


class Models(Protocol):
    """Every method may raise CoreAgentError."""

    async def list(self) -> tuple[ModelState, ...]:
        """All models of the settings, and the built-in ones."""
        ...

    async def test(self, model: str) -> TestCall:
        """Call it once; a model that is not reached is an answer, not an error."""
        ...

    async def fix(self, role: RoleName, model: str | None) -> None:
        """Write into the settings that ``model`` plays ``role`` from now on; None lets routing choose again."""
        ...

    async def add(self, name: str, fields: dict[str, Any]) -> None:
        """Write a model into the settings; ``fields`` as ``coreagent models add`` takes them."""
        ...
