"""The tables of ``coreagent.toml``: every key with its type, its bounds and its default."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from coreagent.plans import RoleName
from coreagent.settings.knowledge import KnowledgeSettings
from coreagent.settings.routing import RoutingSettings
from coreagent.settings.section import Section, http_address


class PriceSettings(Section):
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


class ModelSettings(Section):
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
        return http_address(value)


class BudgetSettings(Section):
    """``[budget]``: limits of one run; a missing one does not limit."""

    usd: float | None = Field(default=None, ge=0)
    tokens: int | None = Field(default=None, ge=1)
    calls: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, gt=0)


class AgentSettings(Section):
    """``[agent]``: bounds of one run."""

    graph: Literal["core", "tool_use"] = "core"
    """``core`` plans ahead and runs parts at once; ``tool_use`` decides step by step after each result."""
    max_replans: int = Field(default=1, ge=0, le=10)
    max_escalations: int = Field(default=1, ge=0, le=5)
    max_steps: int = Field(default=12, ge=1, le=500)
    passages: int = Field(default=6, ge=1, le=50)
    memory: bool = True
    guess: bool = True
    """Name the likeliest option of a multiple-choice question, as a guess, when the corpora do not decide it."""
    tools: tuple[str, ...] = ()
    """Your own tools: ``"package.module:name"`` or ``"file.py:name"``, relative to this file."""


class SecuritySettings(Section):
    """``[security]``: what tools may do without asking."""

    allow: tuple[str, ...] = ()
    """Names of dangerous tools that may run after approval, and of write tools that may run without it."""
    deny: tuple[str, ...] = ()
    """Names of tools that never run."""
    min_label: Literal["public", "internal", "confidential"] = "public"


class TelemetrySettings(Section):
    """``[telemetry]``: traces go to OTLP when its standard variables are set, else to a local file."""

    enabled: bool = True
    content: bool = False
    """Record prompts and answers too."""


class EvalSettings(Section):
    """``[evals]``: batch evaluation."""

    data: str = ""
    """Folder of the benchmark files; ``COREAGENT_DATA`` when empty."""
    runs: str = "runs"
    """Folder that the folders of runs are made in."""
    concurrency: int = Field(default=64, ge=1, le=4_096)
    """Trials at once; each endpoint finds its own number of calls below its ``max_concurrency``."""


class Settings(Section):
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
    evals: EvalSettings = EvalSettings()
