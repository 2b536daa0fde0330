"""The system at a glance."""

import asyncio
from importlib.metadata import version

from coreagent.plans import ROLES
from coreagent.routing.policies.flags import FLAGS
from coreagent.tui.seams.engine import Facts
from coreagent.wiring.system import System


async def facts_of(system: System) -> Facts:
    """What the app shows of it.

    Raises:
        KnowledgeError: the corpora can not be read.
    """
    registry = system.registry
    corpora = await asyncio.to_thread(system.library.list)
    return Facts(
        version=version("coreagent"),
        home=str(system.home),
        builtin_only=all(card.adapter == "builtin" for card in registry.cards),
        models={role: tuple(card.name for card in registry.for_role(role)) for role in ROLES},
        corpora=tuple(info.name for info in corpora),
        flags=tuple(FLAGS),
        budget=system.deps.defaults.budget,
        graph=system.settings.agent.graph,
    )
