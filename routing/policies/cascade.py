"""The cascade: cheap first, and after a rejected answer the best model of another family.

The next model starts afresh, without the rejected answer: handing a wrong partial answer over recovers few of them.
Accounts of a cascade add up all its calls.
"""

from coreagent.decision import Candidate
from coreagent.routing.eligibility import card_quality
from coreagent.routing.policies.arguments import check, written
from coreagent.routing.policies.family import of_other_family
from coreagent.routing.policies.ordering import by_cost, by_quality, quality_of
from coreagent.routing.policy import Choice, Chooser, Field, Policy


def cascade(*, accept: float = 0.8, start: float = 0.0) -> Policy:
    """The cheapest model first; when its answer was rejected, the best predicted of another family.

    ``accept`` is the verifier's score in 0..1 from which an answer stands: the graph reads it from ``Policy.accept``
    and escalates below it. The first call goes to the cheapest model predicted at ``start`` (0..1) or above. After an
    escalation a model predicted worse than the failed one is taken only when nothing else is left, and one of the same
    family only when no other is at least as good, with a note each.

    Raises:
        UsageError: a bound outside 0..1.
    """
    check("cascade", accept=accept, start=start, most=1.0)

    def decide(there: Field, rest: Chooser) -> Choice | None:
        if not there.candidates:
            return rest(there)
        return _next(there) if there.request.escalated_from else _first(there, start)

    return Policy(written("cascade", accept=accept, start=start or None), decide, accept)


def _first(there: Field, start: float) -> Choice:
    good = [entry for entry in there.candidates if quality_of(entry) >= start]
    poor = by_quality(entry for entry in there.candidates if quality_of(entry) < start)
    bound = start or None
    if not good:
        reason = f"first of a cascade: best predicted; none reaches quality {start:g}"
        return Choice(poor, reason, bound, by="cascade", met=False)
    reason = f"first of a cascade: cheapest{f' above quality {start:g}' if start else ''}"
    return Choice((*by_cost(there, good), *poor), reason, bound, by="cascade")


def _next(there: Field) -> Choice:
    failed = there.request.escalated_from
    bound = _failed_quality(there)
    groups: dict[tuple[bool, bool], list[Candidate]] = {}
    for entry in there.candidates:
        key = (quality_of(entry) < bound, not of_other_family(there, entry.model))
        groups.setdefault(key, []).append(entry)
    (worse, same), _ = min(groups.items())
    notes = [
        f"no other family has a model at least as good as {failed}" if same and not worse else "",
        f"no model of another family than {failed}'s is left" if same and worse else "",
        f"only models predicted worse than {failed} ({bound:.2f}) are left" if worse else "",
    ]
    order = tuple(model for _, group in sorted(groups.items()) for model in by_quality(group))
    reason = f"next of a cascade: best predicted of {'the same' if same else 'another'} family after {failed}"
    return Choice(order, reason, by="cascade", met=not (worse or same), notes=tuple(note for note in notes if note))


def _failed_quality(there: Field) -> float:
    failed = there.request.escalated_from
    if there.failed is not None:
        return quality_of(there.failed)
    return card_quality(there.cards[failed], there.request)[0] if failed in there.cards else 0.0
