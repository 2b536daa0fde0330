"""The operating point of a trained router, as a policy."""

from dataclasses import replace

from coreagent.routing.policy import Policy


def learned(operating: Policy) -> Policy:
    """Decides as ``operating`` does: the point on the cost-quality curve that was asked for when a router was trained.

    It is written ``learned()``, because the numbers belong to the trained router and not to the settings.
    """
    return replace(operating, name="learned()")
