"""Settings: ``coreagent.toml`` and the environment. The only module that reads either.

Looked for in this order: ``--config``, ``COREAGENT_CONFIG``, ``./coreagent.toml``, the user's configuration folder.
Without a file everything has a default and the built-in models answer. Data (corpora, runs, memory) lives in
``COREAGENT_HOME``, or the user's data folder.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from coreagent.errors import SettingsError
from coreagent.plans import RoleName

CONFIG_NAME = "coreagent.toml"


class _Section(BaseModel):
    """A table of the file: unknown keys are refused, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class PriceSettings(_Section):
    """A price for each million tokens, or a self-hosted GPU's price for each hour with its throughput."""

    input_usd_per_mtok: float | None = Field(default=None, ge=0)
    output_usd_per_mtok: float | None = Field(default=None, ge=0)
    gpu_usd_per_hour: float | None = Field(default=None, ge=0)
    tokens_per_s: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _one_kind(self) -> "PriceSettings":
        by_token = self.input_usd_per_mtok is not None and self.output_usd_per_mtok is not None
        by_hour = self.gpu_usd_per_hour is not None and self.tokens_per_s is not None
        if by_token == by_hour:
            raise ValueError("give input_usd_per_mtok and output_usd_per_mtok, or gpu_usd_per_hour and tokens_per_s")
        return self


class ModelSettings(_Section):
    """One model: ``[models."NAME"]``."""

    adapter: Literal["builtin", "openai_compatible", "litellm", "scripted"] = "openai_compatible"
    model: str = ""
    """Its name at the endpoint; the part of NAME after the first slash when empty."""
    base_url: str = ""
    """For openai_compatible: for example http://127.0.0.1:8000/v1."""
    api_key_env: str = ""
    """Name of the environment variable that holds the key. Keys never stand in the file."""
    roles: tuple[RoleName, ...] = ("planner", "caller", "summarizer", "verifier")
    price: PriceSettings | Literal["free"] | None = None
    """Without a price a budgeted call is refused."""
    params_b: float | None = Field(default=None, gt=0)
    context_tokens: int = Field(default=8_192, ge=256)
    max_output_tokens: int = Field(default=1_024, ge=1)
    tools: bool = True
    json_schema: bool = True
    logprobs: bool = False
    placement: Literal["device", "site", "cloud"] = "site"
    clearance: Literal["public", "internal", "confidential"] = "internal"
    quality: float | None = Field(default=None, ge=0, le=1)
    scores: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict[str, float])
    family: str = ""
    licence: str = ""
    ttft_s: float | None = Field(default=None, ge=0)
    tpot_s: float | None = Field(default=None, ge=0)
    max_concurrency: int = Field(default=64, ge=1)
    connect_timeout_s: float = Field(default=5.0, gt=0)
    first_token_timeout_s: float = Field(default=60.0, gt=0)
    total_timeout_s: float = Field(default=300.0, gt=0)
    max_attempts: int = Field(default=4, ge=1, le=20)
    """Tries in all, the first included."""

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if value and not re.match(r"https?://[^\s/]", value):
            raise ValueError(f"{value!r} is not an address of the form http://host:port/v1")
        return value


class RoutingSettings(_Section):
    """``[routing]``: which policy decides."""

    policy: Literal["cheapest", "fixed", "rules"] = "cheapest"
    min_quality: float = Field(default=0.6, ge=0, le=1)
    fixed: dict[RoleName, str] = Field(default_factory=dict[RoleName, str])
    rules: tuple["RuleSettings", ...] = ()
    fallbacks: int = Field(default=2, ge=0, le=8)


class RuleSettings(_Section):
    """One ``[[routing.rules]]``: the first rule whose conditions all hold decides."""

    model: str
    role: RoleName | None = None
    domain: str | None = None
    min_tokens: int | None = Field(default=None, ge=0)
    max_tokens: int | None = Field(default=None, ge=0)


class BudgetSettings(_Section):
    """``[budget]``: limits of one run; a missing one does not limit."""

    usd: float | None = Field(default=None, ge=0)
    tokens: int | None = Field(default=None, ge=1)
    calls: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, gt=0)


class AgentSettings(_Section):
    """``[agent]``: bounds of one run."""

    graph: Literal["core", "tool_use"] = "core"
    """``core`` plans ahead and runs parts at once; ``tool_use`` decides step by step after each result."""
    max_replans: int = Field(default=1, ge=0, le=10)
    max_escalations: int = Field(default=1, ge=0, le=5)
    max_steps: int = Field(default=12, ge=1, le=500)
    passages: int = Field(default=6, ge=1, le=50)
    memory: bool = True
    tools: tuple[str, ...] = ()
    """Your own tools: ``"package.module:name"`` or ``"file.py:name"``, relative to this file."""


class KnowledgeSettings(_Section):
    """``[knowledge]``: corpora asked by default (all when empty) and how dense vectors are searched."""

    corpora: tuple[str, ...] = ()
    dense_index: Literal["auto", "exact", "chroma"] = "auto"


class SecuritySettings(_Section):
    """``[security]``: what tools may do without asking."""

    allow: tuple[str, ...] = ()
    """Names of dangerous tools that may run after approval, and of write tools that may run without it."""
    deny: tuple[str, ...] = ()
    """Names of tools that never run."""
    min_label: Literal["public", "internal", "confidential"] = "public"


class TelemetrySettings(_Section):
    """``[telemetry]``: traces go to OTLP when its standard variables are set, else to a local file."""

    enabled: bool = True
    content: bool = False
    """Record prompts and answers too."""


class Settings(_Section):
    """The whole file."""

    models: dict[str, ModelSettings] = Field(default_factory=dict[str, ModelSettings])
    builtin: bool = True
    """Offer the built-in models beside the configured ones."""
    routing: RoutingSettings = RoutingSettings()
    budget: BudgetSettings = BudgetSettings()
    agent: AgentSettings = AgentSettings()
    knowledge: KnowledgeSettings = KnowledgeSettings()
    security: SecuritySettings = SecuritySettings()
    telemetry: TelemetrySettings = TelemetrySettings()


class Environment:
    """The environment variables this package reads, and no others."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = os.environ if variables is None else variables

    @property
    def home(self) -> Path:
        """Folder of corpora, runs and memory."""
        chosen = self._variables.get("COREAGENT_HOME")
        return Path(chosen).expanduser() if chosen else Path(platformdirs.user_data_dir("coreagent"))

    @property
    def config(self) -> Path | None:
        """``COREAGENT_CONFIG``, or None."""
        chosen = self._variables.get("COREAGENT_CONFIG")
        return Path(chosen).expanduser() if chosen else None

    @property
    def otlp_wanted(self) -> bool:
        """True when a standard OTLP endpoint variable is set."""
        names = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
        return any(self._variables.get(name) for name in names)

    @property
    def otlp_metrics_wanted(self) -> bool:
        """True when a standard OTLP endpoint variable that holds for metrics is set."""
        names = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")
        return any(self._variables.get(name) for name in names)

    @property
    def otlp_protocol(self) -> str:
        """``OTEL_EXPORTER_OTLP_PROTOCOL``; only ``http/protobuf``, its default, is spoken here."""
        return self._variables.get("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")

    @property
    def foreign_tracing(self) -> tuple[str, ...]:
        """Names of variables that are set and make a library below send traces to its maker."""
        switches = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2")
        return tuple(name for name in switches if self._variables.get(name, "").lower() in ("true", "1", "yes"))

    def secret(self, name: str, *, model: str) -> str:
        """Value of the variable that holds a key; empty for an empty name.

        Raises:
            SettingsError: the variable is named but not set.
        """
        if not name:
            return ""
        value = self._variables.get(name, "")
        if not value:
            raise SettingsError(
                f"the key of model {model!r} is to be in the environment variable {name}, which is not set",
                mend=f"export {name}=...",
            )
        return value


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
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r" ?\(at line (\d+), column \d+\)| ?\(at end of document\)", str(error))
        raise SettingsError(
            f"not valid TOML: {str(error).replace(found[0], '') if found else error}",
            path=str(path),
            line=int(found[1] or len(text.splitlines())) if found else 0,
            mend='A line is [section], or key = value; text stands in "quotes".',
        ) from error
    return parse_settings(data, path=str(path), text=text)


def parse_settings(data: Mapping[str, Any], *, path: str = "", text: str = "") -> Settings:
    """Validate settings given as plain values; ``path`` and ``text`` only serve the error message."""
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
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
    }
    section, key = location[0], location[-1]
    if key == "api_key":
        return "Keys never stand in the file: name the environment variable that holds it with api_key_env."
    model: type[BaseModel] = sections.get(section, Settings) if len(location) > 1 else Settings
    if location[:2] == ("routing", "rules"):
        model = RuleSettings
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
