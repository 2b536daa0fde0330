"""Tools named in the settings: ``"package.module:name"``, or ``"path/to/file.py:name"``."""

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from coreagent.errors import SettingsError
from coreagent.tools.tool import Tool, ToolInfo


def load_tools(references: Sequence[str], *, base: Path) -> tuple[Tool, ...]:
    """Import each reference and give the tools; a name that holds a list or tuple of tools gives all of them.

    Paths are relative to ``base``. This runs the user's code, so the caller makes sure that the user chose the
    settings.

    Raises:
        SettingsError: a reference that is not of the form, can not be imported, or is no tool.
    """
    tools: list[Tool] = []
    for reference in references:
        where, colon, name = reference.rpartition(":")
        if not colon or not where or not name:
            raise _error(reference, "is not of the form module:name", 'For example "my_tools.py:set_tilt".')
        found: Any = getattr(_module(where, reference, base), name, None)
        items: list[Any] = [*found] if isinstance(found, (list, tuple)) else [found]  # pyright: ignore[reportUnknownArgumentType]
        if not items or not all(isinstance(getattr(item, "info", None), ToolInfo) for item in items):
            raise _error(reference, f"{name!r} is no tool there", "Decorate the function: @coreagent.tool.")
        tools += items
    return tuple(tools)


def _module(where: str, reference: str, base: Path) -> ModuleType:
    try:
        if not where.endswith(".py"):
            return importlib.import_module(where)
        path = (base / where).resolve()
        spec = importlib.util.spec_from_file_location(f"coreagent_tools_{path.stem}", path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} is no Python file")
        module = importlib.util.module_from_spec(spec)
        # Pydantic resolves annotations through sys.modules.
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        return module
    except Exception as error:
        problem = f"can not be imported: {type(error).__name__}: {error}"
        raise _error(reference, problem, "Check the path and that the module imports by itself.") from error


def _error(reference: str, problem: str, mend: str) -> SettingsError:
    return SettingsError(f"{reference!r} {problem}", key="agent.tools", mend=mend)
