"""Changing ``coreagent.toml`` by machine: comments and order stay, and a crash leaves the old file or the new one."""

import os
import tempfile
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError

from coreagent.errors import SettingsError

_OTHER_FILE = "Make it a file that you may write, or name another with --config."


def open_document(path: Path) -> tomlkit.TOMLDocument:
    """The file as a document that can be changed in place; an empty one where there is no file.

    Raises:
        SettingsError: it can not be read, or is not TOML.
    """
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


def replace_file(path: Path, text: str) -> None:
    """Put a file with this text in the place of the old one, in one step. Where a link points stays.

    Raises:
        SettingsError: it can not be written.
    """
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
