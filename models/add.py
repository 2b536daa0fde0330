"""Write a model into ``coreagent.toml`` without disturbing what a person wrote there."""

import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import Item, Table

from coreagent.errors import SettingsError, UsageError
from coreagent.models.wire import is_object
from coreagent.settings import parse_settings
from coreagent.settings.editing import open_document, replace_file

_KNOWN_PREFIXES = {
    "ollama": "http://127.0.0.1:11434/v1",
    "vllm": "http://127.0.0.1:8000/v1",
}
"""Servers on this machine, by their usual address."""


def guessed_fields(name: str) -> dict[str, Any]:
    """Adapter and address that a name suggests; everything unknown is left to litellm, which knows the providers."""
    prefix, _, model = name.partition("/")
    if prefix in _KNOWN_PREFIXES and model:
        return {"adapter": "openai_compatible", "model": model, "base_url": _KNOWN_PREFIXES[prefix]}
    return {"adapter": "litellm", "model": name, "placement": "cloud"}


def stated_price(text: str | None) -> Any:
    """A price as people write it: ``free``, or dollars for a million tokens as ``INPUT,OUTPUT``; None stays None.

    Raises:
        UsageError: it is neither.
    """
    if text is None or text == "free":
        return text
    try:
        given, made = (float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"{text!r} is no price", mend='Give "free", or two numbers such as 0.15,0.60.') from None
    if not (0 <= given < math.inf and 0 <= made < math.inf):
        raise UsageError(f"{text!r} is no price", mend="Dollars for a million tokens are numbers from 0 up.")
    return {"input_usd_per_mtok": given, "output_usd_per_mtok": made}


def add_model(path: Path, name: str, settings_fields: Mapping[str, Any]) -> None:
    """Append ``[models."NAME"]`` to the file at ``path``, or make the file. Comments and order stay as they are.

    ``settings_fields`` are keys of :class:`coreagent.settings.ModelSettings`; None values are left out, and what is
    missing is guessed from the name. With a ``base_url`` and no adapter, the adapter is ``openai_compatible``. The
    new file takes the old one's place in one step: a crash leaves one or the other.

    Raises:
        SettingsError: the name is there already, a field is wrong, or the file can not be read or written.
    """
    replace_file(path, added_text(path, name, settings_fields))


def added_text(path: Path, name: str, settings_fields: Mapping[str, Any]) -> str:
    """The text that :func:`add_model` writes. Raises as it, for all but the writing."""
    stated = {key: value for key, value in settings_fields.items() if value is not None}
    guessed = guessed_fields(name)
    if "base_url" in stated and "adapter" not in stated:
        guessed = {"adapter": "openai_compatible"}
    elif stated.get("adapter", guessed["adapter"]) != guessed["adapter"]:
        guessed = {}
    document = open_document(path)
    before = document.unwrap()
    models = document.setdefault("models", tomlkit.table(is_super_table=True))
    if not isinstance(models, Table):
        raise SettingsError(
            "models is not written as a table of its own",
            path=str(path),
            key="models",
            mend='Write each model as [models."NAME"].',
        )
    if not name.strip():
        raise SettingsError("a model needs a name", path=str(path), mend="For example: ollama/qwen3:8b")
    if name in models:
        raise SettingsError(
            "a model of this name is there already",
            path=str(path),
            key=f"models.{name}",
            mend="Edit it in the file, or add it under another name.",
        )
    entry = tomlkit.table()
    for key, value in {**guessed, **stated}.items():
        entry.add(key, _item(value))
    entry.add(tomlkit.nl())
    models.add(name, entry)
    text = tomlkit.dumps(document)
    _check(text, before, name, path=path)
    return text


def _check(text: str, before: dict[str, Any], name: str, *, path: Path) -> None:
    """Never replace a file that can be read with one that can not, or that says something else."""
    try:
        after = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"can not be added to by machine: {error}", path=str(path)) from error
    parse_settings(after, path=str(path), text=text)
    after["models"].pop(name)
    if after != {**before, "models": before.get("models", {})}:
        raise SettingsError(
            "can not be added to by machine without a change to what is there",
            path=str(path),
            mend=f'Add [models."{name}"] by hand.',
        )


def _item(value: object) -> Item:
    """A value as TOML; a price table stays on one line."""
    if is_object(value):
        table = tomlkit.inline_table()
        for key, part in value.items():
            table.append(key, part)
        return table
    return tomlkit.item(value)
