"""Policies: small values that narrow a field of candidates or choose from it. See :mod:`coreagent.routing.policy`."""

from coreagent.routing.policies.bounds import prefer_local, within
from coreagent.routing.policies.choosing import Rule, best, cheapest_above, fixed, rules

__all__ = ["Rule", "best", "cheapest_above", "fixed", "prefer_local", "rules", "within"]
