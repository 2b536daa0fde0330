"""Arguments of policies: how they are written so that they read back the same, and their bounds."""

import json
import math

from coreagent.errors import UsageError


def written(policy: str, **arguments: float | str | None) -> str:
    """The call as text that :func:`coreagent.routing.policies.parse_policy` reads back exactly; None is left out."""
    inside = ", ".join(f"{name}={literal(value)}" for name, value in arguments.items() if value is not None)
    return f"{policy}({inside})"


def literal(value: float | str) -> str:
    """A number as short as it can be without changing it, a text in double quotes."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    short = f"{value:g}"
    return short if float(short) == value else repr(value)


def check(policy: str, *, least: float = 0.0, most: float = math.inf, **arguments: float | None) -> None:
    """Refuse numbers that are not finite or outside ``least``..``most``; None is not given and so not wrong.

    Raises:
        UsageError: names the policy, the argument, its value and the bounds.
    """
    for name, value in arguments.items():
        if value is not None and not (math.isfinite(value) and least <= value <= most):
            wanted = f"at least {least:g}" if math.isinf(most) else f"{least:g} to {most:g}"
            raise UsageError(
                f"{policy}: {name}={value:g} is out of range", mend=f"Give a number, {wanted}, for {name}."
            )


def check_positive(policy: str, **arguments: float | None) -> None:
    """Refuse numbers that are not finite or not above zero.

    Raises:
        UsageError: names the policy, the argument and its value.
    """
    for name, value in arguments.items():
        if value is not None and not (math.isfinite(value) and value > 0):
            raise UsageError(
                f"{policy}: {name}={value:g} is out of range", mend=f"Give a number greater than 0 for {name}."
            )
