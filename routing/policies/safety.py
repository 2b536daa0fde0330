"""The graded safety route: how carefully a call is answered, by the risk that a guard sees in its prompt.

After MoGU (Du et al., 2024), which mixes an unwilling and a willing responder by the risk of the prompt, token by
token, and lets the careful mixture write only the first five tokens. Without access to weights the same is graded here
at the level of the prompt.
"""

from dataclasses import replace
from typing import Literal

from coreagent.errors import UsageError
from coreagent.routing.policies.arguments import check, written
from coreagent.routing.policy import Choice, Chooser, Field, Policy

Conduct = Literal["normal", "guarded", "strict"]
"""How a model is to answer.

``normal``: as always. ``strict``: under the strict profile, which may refuse and then says why. ``guarded``: the strict
profile writes the first :data:`GUARDED_TOKENS` tokens, the normal one goes on from there, and the answer is checked.
"""

GUARDED_TOKENS = 5


def conduct(risk: float | None, *, t1: float, t2: float) -> Conduct:
    """Normal below ``t1``, strict above ``t2``, guarded between; normal where no guard said anything."""
    if risk is None or risk < t1:
        return "normal"
    return "strict" if risk > t2 else "guarded"


def graded(*, t1: float = 0.3, t2: float = 0.7) -> Policy:
    """Sets the conduct by the risk of the request (0..1); the model is chosen by what comes after it.

    Raises:
        UsageError: a threshold outside 0..1, or ``t1`` above ``t2``.
    """
    check("graded", t1=t1, t2=t2, most=1.0)
    if t1 > t2:
        raise UsageError(
            f"graded: t1={t1:g} is above t2={t2:g}", mend="Give t1 at or below t2: graded(t1=0.3, t2=0.7)."
        )

    def decide(there: Field, rest: Chooser) -> Choice | None:
        choice = rest(there)
        return None if choice is None else replace(choice, conduct=conduct(there.request.risk, t1=t1, t2=t2))

    return Policy(written("graded", t1=t1, t2=t2), decide)
