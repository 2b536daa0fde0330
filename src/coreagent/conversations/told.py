"""A turn in words, as every export tells it."""

import time
from dataclasses import dataclass

from coreagent.conversations.records import Conversation, Turn
from coreagent.decision import Decision

_STATES = {"running": "under way", "waiting": "waits for a person", "stopped": "stopped", "failed": "failed"}


def moment(at_s: float) -> str:
    """A Unix time in seconds as date and time in UTC."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(at_s))


def conversation_facts(conversation: Conversation) -> tuple[str, ...]:
    """When it was, how long it is and what it cost."""
    return (
        f"begun {moment(conversation.created_s)}",
        f"last used {moment(conversation.updated_s)}",
        f"{conversation.turns:,} turn{'' if conversation.turns == 1 else 's'}",
        f"{conversation.tokens:,} tokens",
        f"${conversation.usd:.4g}",
        f"conversation {conversation.id}",
    )


def turn_name(turn: Turn) -> str:
    """Its number from 1, and its version when it is not the first."""
    return f"{turn.position + 1}" + (f", version {turn.version + 1}" if turn.version else "")


def turn_facts(turn: Turn) -> tuple[str, ...]:
    """What the answer is worth and what it took: state, verdict, label, notes, tokens, dollars, seconds."""
    facts = [] if turn.state == "finished" else [_STATES[turn.state]]
    answer = turn.answer
    if answer is None:
        return (*facts, moment(turn.asked_s))
    if answer.status not in ("complete", "waiting"):
        facts.append(answer.status.replace("_", " "))
    facts.append(f"verified: {answer.verdict}" if answer.verdict.outcome != "unverified" else "not verified")
    facts += [f"label: {answer.label}", *answer.notes]
    facts += [f"{turn.tokens:,} tokens", f"${turn.usd:.4g}", f"{answer.seconds:.1f} s", moment(turn.asked_s)]
    return tuple(facts)


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the table of decisions."""

    role: str
    model: str
    policy: str
    why: str


STEP_HEADINGS = ("role", "model", "policy", "why")


def step(decision: Decision) -> Step:
    """Which model played which role, by which policy, and why."""
    model = decision.model
    if decision.answered_by not in ("", model):
        model = f"{decision.answered_by} (in place of {model})"
    why = decision.reason + (f", escalated from {decision.escalated_from}" if decision.escalated_from else "")
    return Step(decision.role, model, decision.policy, why)
