"""A core-agent as a system of an evaluation: it leaves no traces, and stands below the evaluation's budget."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

from coreagent.agents.guard.fitted import FittedGuard
from coreagent.errors import CoreAgentError
from coreagent.evals.systems.agent import AgentSystem
from coreagent.graphs.blueprint import Blueprint
from coreagent.models.builtin import builtin_fitted_on
from coreagent.models.card import ModelCard
from coreagent.settings import Environment, Settings
from coreagent.tools.load import load_tools
from coreagent.wiring.models import Wrap
from coreagent.wiring.system import System, build_system

Reshape = Callable[[Blueprint], Blueprint]
"""What a caller makes of a system's graphs, such as graphs that can be given steps."""

_RANKER = "built-in option ranker"
_UNHEARD = {"evals", "telemetry", "tui"}
"""Tables of the settings that no answer depends on."""


def build_agent_system(
    name: str,
    settings: Settings,
    environment: Environment,
    *,
    wrap: Wrap,
    describe: Callable[[ModelCard], Mapping[str, Any]],
    home: Path | None = None,
    base: Path = Path(),
    corpora: tuple[str, ...] = (),
    reshape: Reshape | None = None,
) -> AgentSystem:
    """The core-agent of the settings, with the settings' graph.

    ``wrap`` is put around each of its models, ``describe`` says what a manifest is to hold of one. ``corpora`` empty
    means those of the settings. ``reshape`` is applied to its graphs.

    Raises:
        SettingsError: the settings name a model, tool or corpus that does not exist.
        UnknownNameError: ``corpora`` name one that does not.
    """
    tools = load_tools(settings.agent.tools, base=base)
    system = build_system(settings, environment, home=home, tools=tools, wrap=wrap, traces=False, base=base)
    if reshape is not None:
        session = system.session
        session.blueprint, session.others = reshape(session.blueprint), tuple(map(reshape, session.others))
    defaults = system.deps.defaults
    options = replace(defaults, corpora=corpora or defaults.corpora)
    try:
        system.library.check(options.corpora)
    except CoreAgentError:
        # Nothing else is open yet.
        system.library.close()
        raise
    return AgentSystem(
        name,
        system.session,
        live=system.deps.live,
        options=options,
        close=system.close,
        describe=lambda: _description(system, options.corpora, describe),
        fitted_on=frozenset[str]().union(*_fitted(system).values()),
    )


def _fitted(system: System) -> dict[str, frozenset[str]]:
    """Fingerprints of the rows that its tools and models were fitted on, by name; only those that were."""
    fitted = {tool.info.name: tool.info.fitted_on for tool in system.tools if tool.info.fitted_on}
    if any(card.adapter == "builtin" and "summarizer" in card.roles for card in system.registry.cards):
        fitted[_RANKER] = builtin_fitted_on()
    if isinstance(system.deps.guard, FittedGuard):
        fitted["guard"] = system.deps.guard.fitted_on
    if system.routing.trained is not None:
        fitted["trained router"] = system.routing.trained.fitted_on
    return fitted


def _description(
    system: System, corpora: tuple[str, ...], describe: Callable[[ModelCard], Mapping[str, Any]]
) -> dict[str, Any]:
    return {
        "graph": system.settings.agent.graph,
        "settings": hashlib.sha256(system.settings.model_dump_json(exclude=_UNHEARD).encode()).hexdigest(),
        "prompts": _prompts_hash(),
        "models": [dict(describe(card)) for card in system.registry.cards],
        "corpora": [
            {"name": info.name, "documents": info.documents, "passages": info.chunks, "embedder": str(info.embedder)}
            for info in system.library.list()
            if not corpora or info.name in corpora
        ],
        "tools": list(system.tools.names),
        "fitted": {
            name: {"rows": len(rows), "sha256": hashlib.sha256("".join(sorted(rows)).encode()).hexdigest()}
            for name, rows in _fitted(system).items()
        },
    }


def _prompts_hash() -> str:
    """SHA-256 over the prompts and profiles of the roles, in the order of their names."""
    digest = hashlib.sha256()
    for folder in ("prompts", "profiles"):
        for file in sorted(resources.files("coreagent.agents").joinpath(folder).iterdir(), key=lambda file: file.name):
            digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
