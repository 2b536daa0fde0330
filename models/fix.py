"""Write into ``coreagent.toml`` which model plays a role, without disturbing what a person wrote there."""

import tomllib
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import InlineTable, Table

from coreagent.errors import SettingsError
from coreagent.plans import RoleName
from coreagent.settings import parse_settings
from coreagent.settings.editing import open_document


def fixed_text(path: Path, role: RoleName, model: str | None) -> str:
    """The text of the file with ``model`` fixed for ``role`` in ``[routing.fixed]``; None takes the role out of it.

    Comments and order stay as they are. The file itself is left alone.

    Raises:
        SettingsError: it can not be read, or can not be changed by machine.
    """
    document = open_document(path)
    before = document.unwrap()
    if model is None and role not in before.get("routing", {}).get("fixed", {}):
        return tomlkit.dumps(document)
    routing = _table_in(document, "routing", path)
    fixed = _table_in(routing, "fixed", path)
    if model is not None:
        fixed[role] = model
    else:
        fixed.remove(role)
        if not fixed:
            routing.remove("fixed")
            if not routing:
                document.remove("routing")
    text = tomlkit.dumps(document)
    _check(text, before, role, model, path=path)
    return text


def _table_in(parent: Any, key: str, path: Path) -> Table | InlineTable:
    if key not in parent:
        parent[key] = tomlkit.table()
    found = parent[key]
    if isinstance(found, Table | InlineTable):
        return found
    raise SettingsError(
        f"{key} is not written as one table",
        path=str(path),
        key="routing.fixed",
        mend='Write it by hand: [routing.fixed], and below it summarizer = "NAME".',
    )


def _check(text: str, before: dict[str, Any], role: RoleName, model: str | None, *, path: Path) -> None:
    """Never give a text that can not be read, or that says something else than was asked for."""
    try:
        after = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"can not be changed by machine: {error}", path=str(path)) from error
    parse_settings(after, path=str(path), text=text)
    routing = before.get("routing", {})
    wanted = {name: value for name, value in routing.get("fixed", {}).items() if name != role}
    if model is not None:
        wanted[role] = model
    held = after.get("routing", {})
    others = {name: value for name, value in before.items() if name != "routing"}
    if (
        held.get("fixed", {}) != wanted
        or _without(held) != _without(routing)
        or {name: value for name, value in after.items() if name != "routing"} != others
    ):
        raise SettingsError(
            "can not be changed by machine without a change to what is there",
            path=str(path),
            key="routing.fixed",
            mend=f'Write it by hand: [routing.fixed] {role} = "{model}".' if model else "Take it out by hand.",
        )


def _without(routing: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in routing.items() if name != "fixed"}
