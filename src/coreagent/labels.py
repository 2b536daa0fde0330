"""Labels: where data came from, and where it may go.

A label travels with every piece of data through retrieval, memory, tools and prompts. Joining two labels keeps the
strictest of each part, so nothing derived from confidential text is ever less than confidential (the lattice model of
Denning, 1976).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import reduce


class Sensitivity(IntEnum):
    """How far data may travel; a higher value is stricter."""

    PUBLIC = 0
    INTERNAL = 1
    CONFIDENTIAL = 2

    def __str__(self) -> str:
        return self.name.lower()

    @classmethod
    def parse(cls, text: str) -> "Sensitivity":
        """Read ``public``, ``internal`` or ``confidential``; raises ValueError naming all three."""
        try:
            return cls[text.strip().upper()]
        except KeyError:
            known = ", ".join(str(level) for level in cls)
            raise ValueError(f"{text!r} is not a sensitivity; known: {known}") from None


@dataclass(frozen=True, slots=True)
class Label:
    """Sensitivity, and whether the source may be believed to give instructions.

    ``trusted=False`` marks data from outside (documents, tool output): it is quoted, never obeyed.
    """

    sensitivity: Sensitivity = Sensitivity.PUBLIC
    trusted: bool = True

    def join(self, other: "Label") -> "Label":
        """The strictest of both: the higher sensitivity, trusted only if both are."""
        return Label(max(self.sensitivity, other.sensitivity), self.trusted and other.trusted)

    def __str__(self) -> str:
        return str(self.sensitivity) if self.trusted else f"{self.sensitivity}, untrusted"


PUBLIC = Label()


def strictest(labels: Iterable[Label]) -> Label:
    """Join of all labels; ``PUBLIC`` for none."""
    return reduce(Label.join, labels, PUBLIC)
