"""The routing policy of the settings."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from coreagent.errors import SettingsError
from coreagent.models.card import ModelCard
from coreagent.routing.policies import Rule, cheapest_above, fixed, rules
from coreagent.routing.policy import Policy
from coreagent.routing.router import Router
from coreagent.settings import RoutingSettings, Settings


def policy_from_settings(settings: RoutingSettings, names: Sequence[str]) -> Policy:
    """The routing policy that the settings name; ``cheapest_above`` decides where it has no say.

    Raises:
        SettingsError: a rule or role names a model that does not exist.
    """
    named = [*settings.fixed.values(), *(rule.model for rule in settings.rules)]
    for name in named:
        if name not in names:
            raise SettingsError(
                f"no model {name!r}", key="routing", mend=f"Known: {', '.join(names)}. coreagent models add {name}"
            )
    default = cheapest_above(quality=settings.min_quality)
    if settings.policy == "fixed":
        return fixed(settings.fixed) | default
    if settings.policy == "rules":
        return rules(tuple(Rule(**rule.model_dump()) for rule in settings.rules)) | default
    return fixed(settings.fixed) | default if settings.fixed else default


def build_router(settings: Settings, cards: Mapping[str, ModelCard], *, home: Path, base: Path | None = None) -> Router:
    """The router of the settings over these cards; files named in the settings are relative to ``base``.

    Raises:
        SettingsError: the policy can not be read, or names a model or a trained router that is not there.
    """
    routing = settings.routing
    return Router(cards, policy_from_settings(routing, tuple(cards)), routing.fallbacks)
