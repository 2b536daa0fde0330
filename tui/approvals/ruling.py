"""What a person decided."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Ruling:
    """A person's decision on a call. ``arguments`` are the changed ones as JSON, None when they stay as they are."""

    kind: Literal["allow", "allow_session", "deny"]
    arguments: str | None = None
    reason: str = ""
