"""Policies: small values that narrow a field of candidates or choose from it. See :mod:`coreagent.routing.policy`."""

from coreagent.routing.policies.advised import advised
from coreagent.routing.policies.assignment import Assignment, assign, frontier
from coreagent.routing.policies.bandit import bandit
from coreagent.routing.policies.bandit_memory import BanditMemory
from coreagent.routing.policies.bounds import prefer_local, within
from coreagent.routing.policies.cascade import cascade
from coreagent.routing.policies.choosing import Rule, best, cheapest_above, fixed, rules
from coreagent.routing.policies.family import other_family
from coreagent.routing.policies.flags import FLAGS, parse_flags
from coreagent.routing.policies.learned import learned
from coreagent.routing.policies.objectives import objectives
from coreagent.routing.policies.parsing import POLICIES, Parts, parse_policy
from coreagent.routing.policies.safety import GUARDED_TOKENS, Conduct, graded
from coreagent.routing.policies.trade import trade
from coreagent.routing.policies.two_step import assignment_from_cards, domain_of, two_step

__all__ = [
    "FLAGS",
    "GUARDED_TOKENS",
    "POLICIES",
    "Assignment",
    "BanditMemory",
    "Conduct",
    "Parts",
    "Rule",
    "advised",
    "assign",
    "assignment_from_cards",
    "bandit",
    "best",
    "cascade",
    "cheapest_above",
    "domain_of",
    "fixed",
    "frontier",
    "graded",
    "learned",
    "objectives",
    "other_family",
    "parse_flags",
    "parse_policy",
    "prefer_local",
    "rules",
    "trade",
    "two_step",
    "within",
]
