"""What a person or a system asks for, in one normal form (SAI; free text and JSON give the same intent)."""

import hashlib
import json
import unicodedata
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from coreagent.errors import InputError
from coreagent.messages import sound

MAX_GOAL_CHARS = 200_000


@dataclass(frozen=True, slots=True)
class Constraints:
    """Limits that come with the request. None means: as the settings say."""

    budget_usd: float | None = None
    latency_s: float | None = None
    privacy: str | None = None
    """``public``, ``internal`` or ``confidential``: the least label of everything derived from this intent."""


@dataclass(frozen=True, slots=True)
class Intent:
    """One request. ``goal`` is what is wanted, in words; the rest narrows it."""

    goal: str
    domain: str = ""
    constraints: Constraints = field(default_factory=Constraints)
    inputs: dict[str, Any] = field(default_factory=dict[str, Any])
    expected_output: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of the normal form: the same request as text and as JSON has the same digest."""
        return hashlib.sha256(_canonical(self).encode()).hexdigest()


class _IntentFile(BaseModel):
    """The JSON form. Unknown keys are refused, so that a misspelt limit is never ignored."""

    model_config = ConfigDict(extra="forbid", strict=True)

    goal: str
    domain: str = ""
    constraints: "_ConstraintsFile" = Field(default_factory=lambda: _ConstraintsFile())
    inputs: dict[str, Any] = Field(default_factory=dict[str, Any])
    expected_output: str = ""


class _ConstraintsFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    budget_usd: float | None = Field(default=None, ge=0)
    latency_s: float | None = Field(default=None, gt=0)
    privacy: Literal["public", "internal", "confidential"] | None = None


def intent_from_text(text: str) -> Intent:
    """Normalise free text: NFC, line ends, outer white space.

    Raises:
        InputError: the text is empty, longer than ``MAX_GOAL_CHARS`` characters, or holds NUL.
    """
    goal = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if not goal:
        raise InputError("the question is empty", mend='Ask something: coreagent ask "What is the A1 interface?"')
    if len(goal) > MAX_GOAL_CHARS:
        raise InputError(
            f"the question has {len(goal):,} characters, {MAX_GOAL_CHARS:,} are allowed",
            mend="Add long material as a corpus (coreagent corpus add FILE --name NAME) and ask about it.",
        )
    if "\x00" in goal:
        raise InputError("the question holds NUL bytes", mend="Send text, not a binary file.")
    if goal != sound(goal):
        raise InputError("the question is not valid UTF-8 text", mend="Convert it: iconv -t UTF-8.")
    return Intent(goal=goal)


def intent_from_json(text: str) -> Intent:
    """Read the JSON form.

    Raises:
        InputError: invalid JSON, an unknown or missing key, or a value out of range; the message names the key.
    """
    try:
        parsed = _IntentFile.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        words = "unknown key" if first["type"] == "extra_forbidden" else first["msg"].replace("Input should", "must")
        raise InputError(
            f"the intent is not valid{f' at {key}' if key else ''}: {words}",
            mend='The form is {"goal": "...", "domain": "", "constraints": {"budget_usd": 0.01, "latency_s": 10,'
            ' "privacy": "internal"}, "inputs": {}, "expected_output": ""}; only goal is required.',
        ) from error
    plain = intent_from_text(parsed.goal)
    return Intent(
        goal=plain.goal,
        domain=parsed.domain.strip().lower(),
        constraints=Constraints(
            parsed.constraints.budget_usd, parsed.constraints.latency_s, parsed.constraints.privacy
        ),
        inputs=parsed.inputs,
        expected_output=parsed.expected_output.strip(),
    )


def _canonical(intent: Intent) -> str:
    return json.dumps(TypeAdapter(Intent).dump_python(intent, mode="json"), sort_keys=True, separators=(",", ":"))
