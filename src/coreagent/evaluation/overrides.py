"""Settings with some values put in their place, as in the name of a system."""

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from coreagent.errors import UsageError
from coreagent.models.wire import is_object
from coreagent.settings import Settings, parse_settings

_NEXT_OVERRIDE = re.compile(r""",(?=\s*[\w."'/:-]+\s*=)(?![^()]*\))""")
"""A comma before another key; one between the arguments of a policy is part of its value."""


def overridden(settings: Settings, overrides: str) -> Settings:
    """The settings with some values in their place: ``routing.min_quality=0.8,agent.graph=tool_use``.

    Keys and values are TOML, but a text needs no quotes.

    Raises:
        UsageError: not of this form.
        SettingsError: no such key, or a value that it can not have.
    """
    if not overrides:
        return settings
    values = settings.model_dump(exclude_unset=True)
    for override in _NEXT_OVERRIDE.split(overrides):
        key, equals, value = override.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"{override!r} is no KEY=VALUE", mend="For example core:routing.min_quality=0.8")
        _merge(values, _parsed(key, value.strip()))
    return parse_settings(values)


def _parsed(key: str, value: str) -> dict[str, Any]:
    try:
        return tomllib.loads(f"{key} = {value}")
    except tomllib.TOMLDecodeError:
        pass
    try:
        return tomllib.loads(f"{key} = {json.dumps(value)}")
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{key!r} is no key of the settings", mend="For example routing.min_quality") from error


def _merge(into: dict[str, Any], values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        held = into.get(key)
        if is_object(held) and is_object(value):
            _merge(held, value)
        else:
            into[key] = value
