"""From command-line options to a core-agent."""

from typing import Literal

import click

from coreagent.cli.app import Place
from coreagent.errors import UnknownNameError, UsageError
from coreagent.front import CoreAgent
from coreagent.plans import ROLES, RoleName
from coreagent.settings import Environment, open_settings


def open_agent(ctx: click.Context, *, graph: Literal["core", "tool_use"] | None = None) -> CoreAgent:
    """The core-agent of this invocation's settings and home; ``graph`` in place of the settings' one."""
    place: Place = ctx.obj
    opened = open_settings(place.config, Environment())
    agent = CoreAgent(settings=opened.settings, home=place.home, graph=graph, base=opened.base)
    # Commands that need no event loop leave their files open until here.
    ctx.call_on_close(agent.close_sync)
    return agent


def parse_models(pairs: tuple[str, ...]) -> dict[RoleName, str]:
    """Read ``role=name`` options.

    Raises:
        UsageError: no equals sign.
        UnknownNameError: an unknown role.
    """
    chosen: dict[RoleName, str] = {}
    for pair in pairs:
        role, sign, name = pair.partition("=")
        if not sign or not name:
            raise UsageError(f"--model {pair!r} is not of the form role=name", mend="For example summarizer=my/model.")
        known: RoleName | None = next((entry for entry in ROLES if entry == role), None)
        if known is None:
            raise UnknownNameError("role", role, ROLES)
        chosen[known] = name
    return chosen
