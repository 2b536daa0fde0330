"""What a policy that had no say adds to the choice of those that come after it."""

from dataclasses import replace

from coreagent.routing.policy import Choice, Chooser, Field


def passed_on(there: Field, rest: Chooser, *notes: str) -> Choice | None:
    """The choice of the rest of the line, with these notes before its own."""
    choice = rest(there)
    return choice if choice is None or not notes else replace(choice, notes=(*notes, *choice.notes))
