"""A decision model behind HTTP: it is told the call and the candidates, and gives a typed choice with probabilities.

It gets ``{"text": ..., "role": ..., "domain": ..., "candidates": [...]}`` and answers
``{"choice": name, "probabilities": {name: p, ...}}``; the probabilities may be left out.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from yarl import URL

from coreagent.labels import Sensitivity
from coreagent.models.card import ModelCard
from coreagent.models.faults import Faults
from coreagent.models.http_endpoint import HttpEndpoint, endpoint_url
from coreagent.models.timeouts import Timeouts
from coreagent.models.wire import WireError
from coreagent.routing.advisors.adviser import Asking
from coreagent.routing.request import Advice, RoutingRequest

MAX_TEXT_CHARS = 20_000
MAX_BODY_BYTES = 1_000_000
MAX_CONCURRENCY = 16
TIMEOUTS = Timeouts(connect_s=2.0, total_s=5.0)
"""A decision is waited for by a run, and without it the run goes on by the policy alone."""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)

    choice: str
    probabilities: dict[str, Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]] = Field(
        default_factory=dict[str, float]
    )


class DecisionEndpoint:
    """A service at ``url``, asked once a decision.

    ``clearance`` is the strictest label of text that it may be sent, confidential only where ``placement`` is not the
    cloud; ``usd_per_call`` is what a call is booked at. The object may be used from one event loop after another.
    """

    def __init__(
        self,
        url: str,
        *,
        api_key: str = "",
        clearance: Sensitivity = Sensitivity.INTERNAL,
        cloud: bool = False,
        usd_per_call: float = 0.0,
        timeouts: Timeouts = TIMEOUTS,
        label: str = "",
    ) -> None:
        """Connects to nothing yet. ``label`` names it in messages; its host when empty.

        Raises:
            SettingsError: ``url`` is no http or https address, or the key can not stand in a header.
        """
        address: URL = endpoint_url(url, "", key="routing.adviser.url")
        self._name = label or f"decision_endpoint({address.host})"
        self._clearance = min(clearance, Sensitivity.INTERNAL) if cloud else clearance
        self._usd = usd_per_call
        self._http = HttpEndpoint(
            address,
            name=self._name,
            faults=Faults(
                self._name,
                url=str(address),
                api_key=api_key,
                timeouts=timeouts,
                protocol='decision protocol: {"choice": ..., "probabilities": {...}}',
                wanted="a choice",
                when_slow="Raise the timeout of the adviser, or route without it.",
            ),
            api_key=api_key,
            timeouts=timeouts,
            max_concurrency=MAX_CONCURRENCY,
            max_body_bytes=MAX_BODY_BYTES,
        )

    def __repr__(self) -> str:
        return f"DecisionEndpoint({str(self._http.url)!r})"

    @property
    def name(self) -> str:
        """As a Decision names it."""
        return self._name

    def may_see(self, sensitivity: Sensitivity) -> bool:
        """As configured."""
        return sensitivity <= self._clearance

    async def advise(self, request: RoutingRequest, cards: Sequence[ModelCard], ask: Asking) -> Advice:
        """The probabilities that came, 0 for a candidate without one; 1 for the choice alone when none came.

        Raises:
            BudgetExceededError: the call does not fit.
            ModelError: no connection, no answer in time, a refusal, or no choice among the candidates.
        """
        names = [card.name for card in cards]
        body = {
            "text": request.text[:MAX_TEXT_CHARS],
            "role": request.role,
            "domain": request.domain,
            "candidates": names,
        }
        answer = await ask.service(
            self._name, lambda: self._http.post(body, lambda value: _read(value, names)), usd=self._usd
        )
        given = answer.probabilities or {answer.choice: 1.0}
        scores = {name: given.get(name, 0.0) for name in names}
        # The choice is the endpoint's word; its probabilities only say by how much.
        scores[answer.choice] = max(scores.values())
        return Advice(by=self._name, scores=scores)

    async def close(self) -> None:
        """Give connections back. Safe to call twice; a later call opens new ones."""
        await self._http.close()


def _read(value: Any, names: Sequence[str]) -> _Answer:
    """A checked answer.

    Raises:
        WireError: fields that are missing or of the wrong kind, or a name that is no candidate.
    """
    if not isinstance(value, dict):
        raise WireError("the answer is no JSON object")
    try:
        answer = _Answer.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the answer"
        raise WireError(f"{where}: {first['msg']}") from error
    unknown = [name for name in (answer.choice, *answer.probabilities) if name not in names]
    if unknown:
        raise WireError(f"{unknown[0][:60]!r} is none of the candidates")
    return answer
