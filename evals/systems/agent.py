"""A whole core-agent, or one of its graphs: it is asked the question in plain words, and everything is heard."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from coreagent.answer import UNVERIFIED, Answer
from coreagent.errors import BudgetExceededError, RunError
from coreagent.evals.system import Item, Response
from coreagent.evals.systems.layers import scope_of
from coreagent.events import ApprovalNeeded, Event, RunFinished, Token, event_to_json
from coreagent.graphs.deps import LiveRuns, new_run_id
from coreagent.graphs.session import GraphSession
from coreagent.graphs.state import RunOptions
from coreagent.graphs.stops import noting_stops


class AgentSystem:
    """Every run stands below its trial's ledger. ``Verified`` events hold every draft with its verdict, in order."""

    def __init__(
        self,
        name: str,
        session: GraphSession,
        *,
        live: LiveRuns,
        options: RunOptions,
        close: Callable[[], Awaitable[None]],
        describe: Callable[[], Mapping[str, Any]],
        fitted_on: frozenset[str] = frozenset(),
    ) -> None:
        """``options`` hold for every run; ``live`` is what the session's graphs look their ledgers up in."""
        self._name = name
        self._session, self._live, self._options = session, live, options
        self._close, self._describe = close, describe
        self._fitted_on = fitted_on

    @property
    def name(self) -> str:
        """As the user named it."""
        return self._name

    @property
    def description(self) -> Mapping[str, Any]:
        """Models, graph, settings, corpora, prompts."""
        return {"kind": "agent", **self._describe()}

    @property
    def fitted_on(self) -> frozenset[str]:
        """Rows that its artefacts were fitted on."""
        return self._fitted_on

    async def answer(self, item: Item) -> Response:
        """Ask, and follow the run to its end.

        A run that was cut short by its own limits or by a fault gives its draft, as it does to a user.

        Raises:
            BudgetExceededError: the trial's budget or one above it is used up.
            CoreAgentError: the run failed before there was an answer.
        """
        options = replace(self._options, run_id=new_run_id(), stream=False)
        events: list[Event] = []
        with (
            scope_of(item) as scope,
            self._live.below(item.ledger, run_id=options.run_id),
            noting_stops() as stops,
        ):
            before = len(scope.calls)
            async with aclosing(self._session.stream(item.question, options=options)) as heard:
                async for event in heard:
                    if not isinstance(event, Token):
                        events.append(event)
            calls = tuple(scope.calls[before:])
        told = tuple(event_to_json(event) for event in events)
        answer = next((event.answer for event in events if isinstance(event, RunFinished)), None)
        if answer is None:
            if any(isinstance(event, ApprovalNeeded) for event in events):
                return Response(text="", status="waiting", calls=calls, events=told)
            raise RunError("the run ended without an answer")
        _raise_stop(answer, stops)
        return Response(
            text=answer.text,
            choice=answer.choice,
            status=answer.status,
            confidence=None if answer.verdict.outcome == UNVERIFIED.outcome else answer.verdict.score,
            calls=calls,
            events=told,
        )

    async def close(self) -> None:
        """Close the core-agent. Safe to call twice."""
        await self._close()


def _raise_stop(answer: Answer, stops: list[Exception]) -> None:
    """Raise what cut a run short, unless what it left is an answer of the system's own.

    It is none without a draft, and none when a budget above the agent's own ended it: with more of that the system
    would have gone on.
    """
    if answer.status != "partial":
        return
    drafted = any(decision.subtask == "answer" for decision in answer.decisions)
    for stop in stops:
        if type(stop).__name__ == answer.error and (not drafted or _from_above(stop)):
            raise stop


def _from_above(stop: Exception) -> bool:
    own = ("subtask ", "agent ")
    return isinstance(stop, BudgetExceededError) and stop.scope != "run" and not stop.scope.startswith(own)
