"""Which settings file is in force. Apart from reading it: a command can look for it without loading pydantic."""

import os
from pathlib import Path

import platformdirs

from coreagent.errors import SettingsError
from coreagent.settings.environment import Environment

CONFIG_NAME = "coreagent.toml"


def find_config(chosen: Path | None, environment: Environment) -> Path | None:
    """The settings file in force, or None when there is none.

    Raises:
        SettingsError: a file was named but does not exist.
    """
    named = chosen or environment.config
    if named is not None:
        if not named.is_file():
            raise SettingsError("no such settings file", path=str(named), mend="Check --config or COREAGENT_CONFIG.")
        return named
    for candidate in (Path(CONFIG_NAME), Path(platformdirs.user_config_dir("coreagent")) / CONFIG_NAME):
        # A folder or a broken link of this name is no reason to go on with other settings than the user thinks.
        if os.path.lexists(candidate):
            return candidate
    return None
