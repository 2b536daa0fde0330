"""A Decision in words, laid out for a terminal."""

import re
import textwrap
from collections.abc import Sequence

from coreagent.decision import Candidate, Decision

KINDS: tuple[tuple[str, str], ...] = (
    ("clearance", r"not cleared"),
    ("role", r"not an? \w+$"),
    ("asked for", r".* was asked for$"),
    ("health", r".*(endpoint failed|circuit)"),
    ("residency", r".*\b(cold|loading|loaded|resident)\b"),
    ("escalation", r"its result was not good enough"),
    ("capability", r"can not "),
    ("context", r"context too small"),
    ("budget", r"predicted |has no price|nobody stated"),
)
"""Kinds of exclusion, each with how its reasons begin; what a bound of the policy left out is of kind ``bound``."""

WIDTH = 80
_SOURCES = {"score": "measured", "prior": "stated", "unmeasured": "assumed"}
"""Where the quality of a card comes from, in words."""


def explain(decision: Decision, *, width: int = WIDTH) -> str:
    """Several lines: what was chosen and why, what decided, each candidate with its predictions, and who was out.

    Models of another role are left out of it. Words are wrapped at ``width`` columns; the table of candidates is not.
    """
    facts = [*_facts(decision), *_notes(decision)]
    out = _out(decision)
    margin = max(len(label) for label, _ in [*facts, *out])
    above, below = (
        [line for label, words in part for line in _wrapped(f"  {label:<{margin}}  ", words, width)]
        for part in (facts, out)
    )
    table = [f"  {line}" for line in _table(decision)]
    return "\n".join([*_wrapped("", _head(decision), width, hanging=4), *above, *table, *below])


def _wrapped(before: str, words: str, width: int, *, hanging: int = 0) -> list[str]:
    return textwrap.wrap(
        words,
        width,
        initial_indent=before,
        subsequent_indent=" " * (hanging or len(before)),
        break_long_words=False,
        break_on_hyphens=False,
    )


def kind_of(candidate: Candidate) -> str:
    """Which kind of thing excluded a candidate: see :data:`KINDS`; ``other`` where none fits."""
    if candidate.by_policy:
        return "bound"
    return next((kind for kind, begins in KINDS if re.match(begins, candidate.excluded)), "other")


def _head(decision: Decision) -> str:
    head = f"{decision.subtask} ({decision.role}) -> {decision.model}: {decision.reason}"
    if decision.escalated_from:
        head += f", escalated from {decision.escalated_from}"
    if decision.answered_by not in ("", decision.model):
        head += f"; it failed, and {decision.answered_by} answered"
    elif decision.fallbacks:
        head += f"; then {', '.join(decision.fallbacks)}"
    return head


def _facts(decision: Decision) -> list[tuple[str, str]]:
    facts: list[tuple[str, str]] = []
    if decision.domain or decision.input_tokens or decision.output_tokens:
        where = f"{decision.role} in {decision.domain}" if decision.domain else decision.role
        tokens = f"up to {decision.input_tokens:,} tokens in, {decision.output_tokens:,} out"
        facts.append(("asked for", f"{where}, {tokens}"))
    if decision.decided_by:
        threshold = "" if decision.threshold is None else f", threshold {decision.threshold:g}"
        default = " (the default: the policy left it open)" if _by_default(decision) else ""
        facts.append(("decided by", f"{decision.decided_by}{threshold}{default}"))
    facts.append(("policy", decision.policy))
    if decision.probability is not None:
        facts.append(("chance", f"{decision.probability:.2%} for this model; the policy explores"))
    if decision.conduct:
        seen = "" if decision.risk is None else f": the guard sees a risk of {decision.risk:.2f}"
        facts.append(("conduct", f"{decision.conduct}{seen}"))
    return facts


def _by_default(decision: Decision) -> bool:
    """True when no policy of the line decided, but the one that stands behind every line."""
    named = re.findall(r"([a-z_]+)\(", decision.policy)
    return decision.decided_by == "cheapest_above" and not {"cheapest_above", "learned"} & set(named)


def _notes(decision: Decision) -> list[tuple[str, str]]:
    return [("note", note) for note in decision.notes]


_HEAD = ("candidate", "quality", "cost", "at most", "latency", "energy")


def _table(decision: Decision) -> list[str]:
    """Who could be chosen, the chosen one first, then as they would be tried; empty columns are left out."""
    first = (decision.model, *decision.fallbacks)
    entries = [entry for entry in decision.candidates if not entry.excluded]
    entries.sort(key=lambda e: (first.index(e.model) if e.model in first else len(first), -(e.quality or 0), e.model))
    if not entries:
        return []
    rows = [_row(entry, decision.model) for entry in entries]
    shown = [at for at in range(len(_HEAD)) if any(row[at] for row in rows)]
    head = _HEAD
    if 3 in shown and all(row[3] in ("", row[2]) for row in rows):
        # Nothing is predicted to cost less than the most it can: one column says both.
        shown.remove(3)
        head = (*_HEAD[:2], "at most", *_HEAD[3:])
    rows.insert(0, head)
    widths = {at: max(len(row[at]) for row in rows) for at in shown}
    return ["  ".join(_cell(row[at], at, widths[at]) for at in shown).rstrip() for row in rows]


def _row(entry: Candidate, chosen: str) -> tuple[str, ...]:
    quality = "unknown" if entry.quality is None else f"{entry.quality:.2f}"
    by = f" ({_SOURCES.get(entry.quality_by, entry.quality_by)})" if entry.quality_by else ""
    return (
        f"{'>' if entry.model == chosen else ' '} {entry.model}",
        f"{quality}{by}",
        f"${entry.cost_usd:.4g}" if entry.priced else "unknown",
        f"${entry.most_usd:.4g}" if entry.most_usd else "",
        "" if entry.latency_s is None else f"{entry.latency_s:.2f} s",
        "" if entry.energy_wh is None else f"{entry.energy_wh:.3g} Wh",
    )


def _cell(text: str, column: int, width: int) -> str:
    return f"{text:<{width}}" if column < 2 else f"{text:>{width}}"


def _out(decision: Decision) -> list[tuple[str, str]]:
    """Who could not be chosen, by kind, then by reason."""
    groups: dict[str, dict[str, list[str]]] = {}
    for entry in decision.candidates:
        if entry.excluded and entry.excluded != f"not a {decision.role}":
            groups.setdefault(kind_of(entry), {}).setdefault(entry.excluded, []).append(entry.model)
    kinds = [*(kind for kind, _ in KINDS), "bound", "other"]
    return [
        (kind if at == 0 else "", f"{_names(models)}: out, {reason}")
        for kind in kinds
        for at, (reason, models) in enumerate(groups.get(kind, {}).items())
    ]


def _names(models: Sequence[str]) -> str:
    return ", ".join(sorted(models))
