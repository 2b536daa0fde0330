"""The models: what is known of them, a test call, and changes to the settings."""

from dataclasses import fields
from typing import Any

from coreagent.errors import SettingsError, UsageError
from coreagent.models.add import added_text, stated_price
from coreagent.models.check import CheckReport, check_named
from coreagent.models.fix import fixed_text
from coreagent.models.prices import price_words
from coreagent.plans import RoleName
from coreagent.settings import read_settings
from coreagent.terminal.agents import Agents
from coreagent.terminal.settings import SettingsInside, text_of
from coreagent.tui.seams.models import ModelState, TestCall
from coreagent.wiring.routing import policy_text
from coreagent.wiring.system import System


class ModelsInside:
    """See :class:`coreagent.tui.seams.models.Models`. For the engine's loop."""

    def __init__(self, agents: Agents, settings: SettingsInside) -> None:
        self._agents, self._settings = agents, settings

    async def list(self) -> tuple[ModelState, ...]:
        """All models of the settings, and the built-in ones."""
        async with self._agents.lease() as agent:
            return _states(agent.system)

    async def test(self, model: str) -> TestCall:
        """Call it once."""
        async with self._agents.lease() as agent:
            return _test_call(await check_named(agent.system.registry, model))

    async def fix(self, role: RoleName, model: str | None) -> None:
        """Write into the settings that ``model`` plays ``role``; None lets routing choose again.

        Raises:
            UnknownNameError: no such model.
            UsageError: it does not play this role.
            SettingsError: the policy of the settings does not look at it, or the file can not be changed.
        """
        if model is not None:
            async with self._agents.lease() as agent:
                card = agent.system.registry.card(model)
            if role not in card.roles:
                raise UsageError(
                    f"model {model!r} does not play {role}, only {', '.join(card.roles)}",
                    mend=f"Add {role} to its roles in the settings, or choose another.",
                )
        path = self._agents.path
        before = text_of(path) or ""
        text = fixed_text(path, role, model)
        if model is not None and text != before:
            routing = read_settings(text, path=str(path)).routing
            if policy_text(routing) == policy_text(routing.model_copy(update={"fixed": {role: f"not {model}"}})):
                raise SettingsError(
                    f"the policy {routing.policy or 'learned'!r} does not look at [routing.fixed]",
                    path=str(path),
                    key="routing.policy",
                    mend='Set policy = "fixed" under [routing], or begin your policy with'
                    f' fixed({role}="{model}") | ...',
                )
        await self._settings.save(text, before=before)

    async def add(self, name: str, fields: dict[str, Any]) -> None:
        """Write a model into the settings. A price may be a text, as on the command line.

        Raises:
            UsageError: the price is none.
            SettingsError: a field is wrong, the name is taken, or the file can not be changed.
        """
        stated = dict(fields)
        if isinstance(stated.get("price"), str):
            stated["price"] = stated_price(stated["price"])
        path = self._agents.path
        before = text_of(path) or ""
        await self._settings.save(added_text(path, name, stated), before=before)


def _states(system: System) -> tuple[ModelState, ...]:
    troubled = system.deps.calls.health.why_avoided()
    measured = system.measurements.known() if system.measurements is not None else {}
    fixed = system.settings.routing.fixed
    states: list[ModelState] = []
    for card in system.registry.cards:
        latency = measured[card.name].latency if card.name in measured else None
        states.append(
            ModelState(
                card=card,
                price=price_words(card.price),
                health=troubled.get(card.name, ""),
                measured_ttft_s=latency.ttft_s if latency else None,
                measured_tpot_s=latency.tpot_s if latency else None,
                fixed_for=tuple(role for role, model in fixed.items() if model == card.name),
            )
        )
    return tuple(states)


def _test_call(report: CheckReport) -> TestCall:
    found = {entry.name: getattr(report, entry.name) for entry in fields(TestCall) if entry.name != "model"}
    return TestCall(model=report.name, **found)
