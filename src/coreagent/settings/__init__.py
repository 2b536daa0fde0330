"""Settings: ``coreagent.toml`` and the environment. Nothing else in the package reads either.

The file is looked for in this order: ``--config``, ``COREAGENT_CONFIG``, ``./coreagent.toml``, the user's configuration
folder. Without one everything has a default and the built-in models answer. Data (corpora, runs, memory) lives in
``COREAGENT_HOME``, or the user's data folder.
"""

from coreagent.settings.costs import EnergySettings, HardwareSettings, PriceSettings
from coreagent.settings.endpoint import EndpointSettings
from coreagent.settings.environment import Environment
from coreagent.settings.knowledge import EmbedderSettings, IngestSettings, KnowledgeSettings, RerankerSettings
from coreagent.settings.reading import CONFIG_NAME, find_config, load_settings, parse_settings
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
    "PriceSettings",
    "RerankerSettings",
    "RoutingSettings",
    "RuleSettings",
    "SecuritySettings",
    "Settings",
    "TelemetrySettings",
    "find_config",
    "load_settings",
    "parse_settings",
]
