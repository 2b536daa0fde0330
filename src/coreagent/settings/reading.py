"""From a file to settings, with errors that name file, line, key and what is allowed."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from coreagent.errors import SettingsError
from coreagent.settings.costs import EnergySettings, HardwareSettings, PriceSettings
from coreagent.settings.endpoint import EndpointSettings
from coreagent.settings.knowledge import EmbedderSettings, IngestSettings, KnowledgeSettings, RerankerSettings
from coreagent.settings.routing import AdviserSettings, RoutingSettings, RuleSettings
from coreagent.settings.sections import (
    AgentSettings,
    AppearanceValueError,
    BudgetSettings,
    EvalSettings,
    LimitSettings,
    ModelSettings,
    SecuritySettings,
    Settings,
    TelemetrySettings,
)


def load_settings(path: Path | None) -> Settings:
    """Read and validate a settings file; defaults for None.

    Raises:
        SettingsError: with file, line and key, and the allowed values where there is a list of them.
    """
    if path is None:
        return Settings()
    try:
        # Editors on Windows put a byte order mark in front.
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        mend = "Mend or remove it, or name another with --config."
        raise SettingsError(f"can not be read: {error.strerror}", path=str(path), mend=mend) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"not UTF-8 text: {error.reason}", path=str(path), mend="Save it as UTF-8.") from error
    return read_settings(text, path=str(path))


def read_settings(text: str, *, path: str = "") -> Settings:
    """The settings that the text of a file states; ``path`` only serves the error message. Raises as above."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r" ?\(at line (\d+), column \d+\)| ?\(at end of document\)", str(error))
        raise SettingsError(
            f"not valid TOML: {str(error).replace(found[0], '') if found else error}",
            path=path,
            line=int(found[1] or len(text.splitlines())) if found else 0,
            mend='A line is [section], or key = value; text stands in "quotes".',
        ) from error
    return parse_settings(data, path=path, text=text)


def parse_settings(data: Mapping[str, Any], *, path: str = "", text: str = "") -> Settings:
    """Validate settings given as plain values; ``path`` and ``text`` only serve the error message."""
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        if isinstance(own := (first.get("ctx") or {}).get("error"), AppearanceValueError):
            key = own.refused.key
            line = _line_of(text, tuple(_parts(key)))
            problem = str(own.refused).removeprefix(f"{key}: ")
            raise SettingsError(problem, path=path, line=line, key=key, mend=own.refused.mend) from error
        # Pydantic also names the branch of a union and the key of a table, which do not stand in the file.
        location = tuple(str(part) for part in first["loc"] if "(" not in str(part) and part != "[key]")
        raise SettingsError(
            _explain(first["type"], first["msg"], first.get("ctx") or {}),
            path=path,
            line=_line_of(text, location),
            key=".".join(f'"{part}"' if re.search(r"[^\w-]", part) else part for part in location),
            mend=_mend(error, location),
        ) from error


def _explain(kind: str, message: str, context: Mapping[str, Any]) -> str:
    if kind == "extra_forbidden":
        return "unknown key"
    if kind == "literal_error":
        return f"allowed values: {context.get('expected', '')}"
    if kind in ("model_type", "dataclass_type", "dict_type"):
        return "must be a table of keys and values"
    if kind == "tuple_type":
        return "must be a list; a list of tables has a [[heading]] for each"
    return message.removeprefix("Value error, ").replace("Input should", "must")


def _mend(error: ValidationError, key: tuple[str, ...]) -> str:
    """How to go on: the known keys, an example, or the plain value that would be right where a table is wrong."""
    first = error.errors()[0]
    if first["type"] == "extra_forbidden":
        return _known_keys(key)
    if key[-1:] == ("base_url",):
        return 'For example: base_url = "http://127.0.0.1:8000/v1"'
    location = first["loc"]
    for other in error.errors()[1:]:
        if other["type"] == "literal_error" and other["loc"][:-1] == location[: len(other["loc"]) - 1]:
            return f"Or give {(other.get('ctx') or {}).get('expected', '')}."
    return ""


_WITHIN: dict[tuple[str, str], type[BaseModel]] = {
    ("models", "endpoints"): EndpointSettings,
    ("models", "price"): PriceSettings,
    ("models", "energy"): EnergySettings,
    ("models", "hardware"): HardwareSettings,
    ("budget", "agents"): LimitSettings,
}
"""Tables inside of a model's, and of the budget's, by their key."""


def _known_keys(location: tuple[str, ...]) -> str:
    """Keys allowed where an unknown one stood."""
    sections: dict[str, type[BaseModel]] = {
        "models": ModelSettings,
        "routing": RoutingSettings,
        "budget": BudgetSettings,
        "agent": AgentSettings,
        "knowledge": KnowledgeSettings,
        "security": SecuritySettings,
        "telemetry": TelemetrySettings,
        "evals": EvalSettings,
    }
    section, key = location[0], location[-1]
    if key == "api_key":
        return "Keys never stand in the file: name the environment variable that holds it with api_key_env."
    model: type[BaseModel] = sections.get(section, Settings) if len(location) > 1 else Settings
    inner: dict[tuple[str, ...], type[BaseModel]] = {
        ("routing", "rules"): RuleSettings,
        ("routing", "adviser"): AdviserSettings,
        ("knowledge", "embedder"): EmbedderSettings,
        ("knowledge", "reranker"): RerankerSettings,
        ("knowledge", "ingest"): IngestSettings,
    }
    if len(location) > 2:
        model = _WITHIN.get((section, location[1] if section == "budget" else location[2]), model)
        model = inner.get(location[:2], model)
    quoting = ' A name with a dot stands in quotes: [models."a.b"].' if section == "models" else ""
    return f"Known here: {', '.join(sorted(model.model_fields))}.{quoting}"


def _line_of(text: str, location: tuple[str, ...]) -> int:
    """1-based line of a key in TOML text; its table's line when the key is missing; 0 when nothing is found."""
    table: tuple[str, ...] = ()
    seen: dict[tuple[str, ...], int] = {}
    best = 0
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*\[+\s*(.+?)\s*\]+", line)
        if header and "=" not in line.split("]")[0]:
            table = tuple(_parts(header[1]))
            if line.lstrip().startswith("[["):
                # An array of tables: the second [[x]] is x.1.
                seen[table] = seen.get(table, -1) + 1
                table = (*table, str(seen[table]))
            if location[: len(table)] == table:
                best = number
            continue
        assigned = re.match(r"\s*((?:\"[^\"]*\"|[\w.-])+)\s*=", line)
        if assigned:
            full = (*table, *_parts(assigned[1]))
            if location[: len(full)] == full:
                best = number
                if full == location:
                    break
    return best


def _parts(dotted: str) -> list[str]:
    return [quoted or bare for quoted, bare in re.findall(r'"([^"]*)"|([\w-]+)', dotted)]
