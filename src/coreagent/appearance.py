"""How the terminal app looks and which keys it listens to: ``[tui]`` of the settings.

Read without the packages that check the rest of the file, because it is needed before the first paint.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, cast

from coreagent.errors import SettingsError

THEMES = ("dark", "light", "high-contrast", "no-colour")


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """``[tui]``. ``keys`` gives actions other keys: ``stop = "ctrl+k,escape"``; an empty text takes the key away."""

    theme: str = "dark"
    screen_reader: bool = False
    """One column, no frames, no movement; what is new is said in a line of its own."""
    mouse: bool = True
    work_pane: bool = True
    """Show the work pane where there is room for it."""
    animations: bool = False
    keys: Mapping[str, str] = field(default_factory=dict[str, str])


def appearance_from(table: Mapping[str, Any], *, path: str = "") -> Appearance:
    """Read the table.

    Raises:
        SettingsError: an unknown key or a value of the wrong kind; it is named.
    """
    known = {entry.name: entry for entry in fields(Appearance)}
    for key, value in table.items():
        if key not in known:
            raise _wrong(key, "unknown key", f"Known here: {', '.join(sorted(known))}.", path)
        if key == "theme" and value not in THEMES:
            raise _wrong(key, f"{value!r} is no theme", f"Themes: {', '.join(THEMES)}.", path)
        if key == "keys":
            _check_keys(value, path)
        elif key != "theme" and not isinstance(value, bool):
            raise _wrong(key, f"must be true or false, not {value!r}", "", path)
    return Appearance(**table)


def appearance_of_file(path: Path | None) -> Appearance:
    """That of a settings file, or the default.

    Raises:
        SettingsError: the file can not be read, is not TOML, or its ``[tui]`` is wrong.
    """
    if path is None:
        return Appearance()
    try:
        table: Any = tomllib.loads(path.read_text(encoding="utf-8")).get("tui", {})
    except OSError as error:
        raise SettingsError(f"can not be read: {error.strerror}", path=str(path)) from error
    except ValueError as error:
        raise SettingsError(f"not valid TOML: {error}", path=str(path), mend="Mend it by hand.") from error
    if not isinstance(table, dict):
        raise _wrong("", "must be a table: [tui]", "", str(path))
    return appearance_from(cast("dict[str, Any]", table), path=str(path))


def _check_keys(value: object, path: str) -> None:
    if not isinstance(value, dict):
        raise _wrong("keys", "must be a table: [tui.keys]", 'For example: stop = "ctrl+k".', path)
    for action, keys in cast("dict[str, object]", value).items():
        if not isinstance(keys, str):
            raise _wrong(f"keys.{action}", f"must be a text, not {keys!r}", 'For example: "ctrl+k,escape".', path)


def _wrong(key: str, problem: str, mend: str, path: str) -> SettingsError:
    return SettingsError(problem, path=path, key=f"tui.{key}".rstrip("."), mend=mend)
