"""What a tool's argument wants, read from its JSON Schema: kind, unit, allowed values, and words that point to it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from coreagent.models.builtin.numbers import known_unit
from coreagent.models.builtin.words import stem, terms
from coreagent.models.tool_schema import short_schema

_IN_UNIT = re.compile(r"\bin\s+([A-Za-z%\u00b5/]+)|\(([A-Za-z\u00b5/]{2,8}|%)\)")
_LONG = {"tx": "transmit", "rx": "receive", "freq": "frequency", "bw": "bandwidth", "temp": "temperature"}
"""Short forms that argument names have and texts have not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One argument.

    ``kind`` is the JSON type. ``words`` are those of the name, ``hints`` those of the description's beginning, both
    stemmed. ``unit`` is the unit its value is to be in, or empty. ``choices`` are the allowed values, if listed.
    """

    name: str
    kind: str
    description: str
    required: bool
    words: frozenset[str]
    hints: frozenset[str]
    unit: str = ""
    choices: tuple[Any, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    items: Mapping[str, Any] | None = None

    def allows(self, value: float) -> bool:
        """True when a number is within the bounds, listed if values are listed, and whole if it must be."""
        if self.minimum is not None and value < self.minimum or self.maximum is not None and value > self.maximum:
            return False
        if self.choices and value not in self.choices:
            return False
        return self.kind != "integer" or value == int(value)


def fields_of(parameters: Mapping[str, Any]) -> tuple[Field, ...]:
    """The arguments of a tool, in the order of its schema."""
    schema = short_schema(parameters)
    required = set(schema["required"])
    return tuple(_field(name, spec, name in required) for name, spec in schema["properties"].items())


def _field(name: str, spec: Mapping[str, Any], required: bool) -> Field:
    description = str(spec.get("description", ""))
    choices = _choices(spec)
    kind = str(spec.get("type", "")) or _kind_of(choices)
    unit = _unit(name, description) if kind in ("number", "integer") else ""
    parts = [part for part in re.split(r"[_\W]+|(?<=[a-z])(?=[A-Z])", name) if part]
    # The unit of the name says how, not what: it would draw every number of that unit's word.
    plain = [part.lower() for part in parts if known_unit(part) != unit or not unit or len(parts) == 1]
    beginning = re.split(r"[.;:(]", description, maxsplit=1)[0]
    return Field(
        name=name,
        kind=kind,
        description=description,
        required=required,
        words=frozenset(stem(_LONG.get(part, part)) for part in plain) - {"number", "value", "count", "num"},
        hints=frozenset(terms(beginning)) - {"number", "value", "valu"},
        unit=unit,
        choices=choices,
        minimum=_number(spec.get("minimum")),
        maximum=_number(spec.get("maximum")),
        items=spec.get("items"),
    )


def _choices(spec: Mapping[str, Any]) -> tuple[Any, ...]:
    listed = spec.get("enum", [spec["const"]] if "const" in spec else [])
    values = cast("Sequence[Any]", listed) if isinstance(listed, list) else ()
    return tuple(value for value in values if value is not None)


def _kind_of(choices: tuple[Any, ...]) -> str:
    numeric = bool(choices) and all(isinstance(c, (int, float)) and not isinstance(c, bool) for c in choices)
    return "number" if numeric else "string"


def _unit(name: str, description: str) -> str:
    parts = re.split(r"[_\W]+", name)
    tail = known_unit(parts[-1])
    if tail and (len(parts) > 1 or len(parts[-1]) > 2):
        return tail
    for match in _IN_UNIT.finditer(description):
        unit = known_unit(match[1] or match[2])
        if unit:
            return unit
    return ""


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
