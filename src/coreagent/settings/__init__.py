"""Settings: ``coreagent.toml`` and the environment. Nothing else in the package reads either.

The file is looked for in this order: ``--config``, ``COREAGENT_CONFIG``, ``./coreagent.toml``, the user's configuration
folder. Without one everything has a default and the built-in models answer. Data (corpora, runs, memory) lives in
``COREAGENT_HOME``, or the user's data folder.

What needs pydantic is loaded at first use: a quarter of a second that finding the file need not wait for.
"""

import importlib
from typing import TYPE_CHECKING, Any

from coreagent.settings.environment import Environment
from coreagent.settings.finding import CONFIG_NAME, find_config

if TYPE_CHECKING:
    from coreagent.settings.costs import EnergySettings, HardwareSettings, PriceSettings
    from coreagent.settings.endpoint import EndpointSettings
    from coreagent.settings.knowledge import EmbedderSettings, IngestSettings, KnowledgeSettings, RerankerSettings
    from coreagent.settings.opening import OpenedSettings, open_settings, refuse_found_code
    from coreagent.settings.reading import load_settings, parse_settings, read_settings
    from coreagent.settings.routing import AdviserSettings, RoutingSettings, RuleSettings
    from coreagent.settings.sections import (
        AgentSettings,
        BudgetSettings,
        EvalSettings,
        ModelSettings,
        SecuritySettings,
        Settings,
        TelemetrySettings,
    )

_HOMES = {
    "coreagent.settings.costs": (
        "EnergySettings",
        "HardwareSettings",
        "PriceSettings",
    ),
    "coreagent.settings.endpoint": ("EndpointSettings",),
    "coreagent.settings.knowledge": (
        "EmbedderSettings",
        "IngestSettings",
        "KnowledgeSettings",
        "RerankerSettings",
    ),
    "coreagent.settings.opening": (
        "OpenedSettings",
        "open_settings",
        "refuse_found_code",
    ),
    "coreagent.settings.reading": (
        "load_settings",
        "parse_settings",
        "read_settings",
    ),
    "coreagent.settings.routing": (
        "AdviserSettings",
        "RoutingSettings",
        "RuleSettings",
    ),
    "coreagent.settings.sections": (
        "AgentSettings",
        "BudgetSettings",
        "EvalSettings",
        "ModelSettings",
        "SecuritySettings",
        "Settings",
        "TelemetrySettings",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AdviserSettings",
    "CONFIG_NAME",
    "AgentSettings",
    "BudgetSettings",
    "EmbedderSettings",
    "EndpointSettings",
    "EnergySettings",
    "Environment",
    "EvalSettings",
    "HardwareSettings",
    "IngestSettings",
    "KnowledgeSettings",
    "ModelSettings",
    "OpenedSettings",
    "PriceSettings",
    "RerankerSettings",
    "RoutingSettings",
    "RuleSettings",
    "SecuritySettings",
    "Settings",
    "TelemetrySettings",
    "find_config",
    "load_settings",
    "open_settings",
    "parse_settings",
    "read_settings",
    "refuse_found_code",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'coreagent.settings' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value
