"""The routing policy of the settings."""

from collections.abc import Sequence

from coreagent.errors import SettingsError
from coreagent.routing.policies import Rule, cheapest_above, fixed, rules
from coreagent.routing.policy import Policy
from coreagent.settings import RoutingSettings


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
