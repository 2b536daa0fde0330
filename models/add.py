"""Write a model into ``coreagent.toml`` without disturbing what a person wrote there."""

import os
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Item, Table

from coreagent.errors import SettingsError
from coreagent.models.wire import is_object
from coreagent.settings import parse_settings

_KNOWN_PREFIXES = {
    "ollama": "http://127.0.0.1:11434/v1",
    "vllm": "http://127.0.0.1:8000/v1",
}
"""Servers on this machine, by their usual address."""
_OTHER_FILE = "Make it a file that you may write, or name another: coreagent --config FILE models add ..."


def guessed_fields(name: str) -> dict[str, Any]:
    """Adapter and address that a name suggests; everything unknown is left to litellm, which knows the providers."""
    prefix, _, model = name.partition("/")
    if prefix in _KNOWN_PREFIXES and model:
        return {"adapter": "openai_compatible", "model": model, "base_url": _KNOWN_PREFIXES[prefix]}
    return {"adapter": "litellm", "model": name, "placement": "cloud"}


def add_model(path: Path, name: str, settings_fields: Mapping[str, Any]) -> None:
    """Append ``[models."NAME"]`` to the file at ``path``, or make the file. Comments and order stay as they are.

    ``settings_fields`` are keys of :class:`coreagent.settings.ModelSettings`; None values are left out, and what is
    missing is guessed from the name. With a ``base_url`` and no adapter, the adapter is ``openai_compatible``. The
    new file takes the old one's place in one step: a crash leaves one or the other.

    Raises:
        SettingsError: the name is there already, a field is wrong, or the file can not be read or written.
    """
    stated = {key: value for key, value in settings_fields.items() if value is not None}
    guessed = guessed_fields(name)
    if "base_url" in stated and "adapter" not in stated:
        guessed = {"adapter": "openai_compatible"}
    elif stated.get("adapter", guessed["adapter"]) != guessed["adapter"]:
        guessed = {}
    document = _document(path)
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
    _replace(path, text)


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


def _document(path: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return tomlkit.document()
    except TOMLKitError as error:
        raise SettingsError(f"not valid TOML: {error}", path=str(path), mend="Mend it by hand first.") from error
    except OSError as error:
        raise SettingsError(f"can not be read: {error.strerror}", path=str(path), mend=_OTHER_FILE) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"not UTF-8 text: {error.reason}", path=str(path), mend="Save it as UTF-8.") from error


def _item(value: object) -> Item:
    """A value as TOML; a price table stays on one line."""
    if is_object(value):
        table = tomlkit.inline_table()
        for key, part in value.items():
            table.append(key, part)
        return table
    return tomlkit.item(value)


def _replace(path: Path, text: str) -> None:
    # A link keeps pointing at the real file.
    target = Path(os.path.realpath(path))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, mode)
            os.replace(temporary, target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise SettingsError(f"can not be written: {error.strerror}", path=str(path), mend=_OTHER_FILE) from error
