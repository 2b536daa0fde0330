"""The settings of one invocation: the file in force, read, and refused where it would run code unasked."""

from dataclasses import dataclass
from pathlib import Path

from coreagent.errors import SettingsError
from coreagent.settings.environment import Environment
from coreagent.settings.finding import find_config
from coreagent.settings.reading import load_settings
from coreagent.settings.sections import Settings


@dataclass(frozen=True, slots=True)
class OpenedSettings:
    """Settings and the file they stand in; None: there is no file, and everything has its default."""

    settings: Settings
    path: Path | None

    @property
    def base(self) -> Path | None:
        """The folder that files named in the settings are relative to."""
        return self.path.parent if self.path else None


def open_settings(chosen: Path | None, environment: Environment) -> OpenedSettings:
    """The settings in force; ``chosen`` is the file that was named, if any.

    Raises:
        SettingsError: the file is missing or wrong, or names code and was not chosen by name.
    """
    path = find_config(chosen, environment)
    settings = load_settings(path)
    if path is not None and chosen is None and environment.config is None:
        refuse_found_code(settings, path)
    return OpenedSettings(settings, path)


def refuse_found_code(settings: Settings, path: Path) -> None:
    """Refuse tools that a file names which was found, not named.

    A folder somebody else made may hold a coreagent.toml; being in it must not run its code.

    Raises:
        SettingsError: it names tools.
    """
    if settings.agent.tools:
        raise SettingsError(
            "names tools, which are code, so this file must be chosen by name",
            path=str(path),
            key="agent.tools",
            mend=f"coreagent --config {path} ...   (or export COREAGENT_CONFIG={path})",
        )
