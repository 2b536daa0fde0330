"""The tables of ``coreagent.toml``: every key with its type, its bounds and its default."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from coreagent.appearance import appearance_from
from coreagent.errors import SettingsError
from coreagent.plans import RoleName
from coreagent.settings.costs import EnergySettings, HardwareSettings, PriceSettings
from coreagent.settings.endpoint import EndpointSettings, check_endpoints
from coreagent.settings.knowledge import KnowledgeSettings
from coreagent.settings.routing import RoutingSettings
from coreagent.settings.section import Section, http_address


class ModelSettings(Section):
    """One model: ``[models."NAME"]``."""

    adapter: Literal["builtin", "openai_compatible", "litellm", "scripted"] = "openai_compatible"
    model: str = ""
    """Its name at the endpoint; the part of NAME after the first slash when empty."""
    base_url: str = ""
    """For openai_compatible: for example http://127.0.0.1:8000/v1."""
    endpoints: tuple[EndpointSettings, ...] = ()
    """For openai_compatible, in place of base_url: several addresses that the calls are spread over."""
    api_key_env: str = ""
    """Name of the environment variable that holds the key. Keys never stand in the file."""
    roles: tuple[RoleName, ...] = ("planner", "caller", "summarizer", "verifier")
    price: PriceSettings | Literal["free"] | None = None
    """Without a price a call is refused where dollars are limited."""
    energy: EnergySettings | None = None
    """Without it a call is refused where watt-hours are limited."""
    hardware: HardwareSettings | None = None
    params_b: float | None = Field(default=None, gt=0)
    context_tokens: int = Field(default=8_192, ge=256)
    max_output_tokens: int = Field(default=1_024, ge=1)
    tools: bool = True
    json_schema: bool = True
    logprobs: bool = False
    continues: bool = False
    """The endpoint goes on from a given beginning of the answer (vLLM: continue_final_message)."""
    placement: Literal["device", "site", "cloud"] = "site"
    clearance: Literal["public", "internal", "confidential"] = "internal"
    quality: float | None = Field(default=None, ge=0, le=1)
    scores: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict[str, float])
    family: str = ""
    licence: str = ""
    released: date | None = None
    traits: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict[str, float])
    """Costs of objectives that nothing else here tells: ``verbosity``, ``readability``, ``security`` ..."""
    ttft_s: float | None = Field(default=None, ge=0)
    tpot_s: float | None = Field(default=None, ge=0)
    max_concurrency: int = Field(default=64, ge=1)
    connect_timeout_s: float = Field(default=5.0, gt=0)
    first_token_timeout_s: float = Field(default=60.0, gt=0)
    total_timeout_s: float = Field(default=300.0, gt=0)
    max_attempts: int = Field(default=4, ge=1, le=20)
    """Tries in all, the first included."""
    warm: Literal["always", "on_demand"] = "always"
    """``on_demand``: the server loads the model when it is asked (Ollama, LoRA adapters) and may drop it again."""
    load_s: float | None = Field(default=None, ge=0)
    """Seconds that loading takes, about."""
    keep_alive_s: float | None = Field(default=None, gt=0)
    """Seconds without a call after which the server drops the model, as the server has it; missing: never."""
    slots: int | None = Field(default=None, ge=1)
    """On-demand models that its server holds at once; the lowest that models at one address state counts."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every base_url of it, in order; empty without one."""
        return tuple(entry.base_url for entry in self.endpoints) or ((self.base_url,) if self.base_url else ())

    @property
    def concurrency(self) -> int:
        """Calls at once at all its addresses together."""
        return sum(entry.max_concurrency or self.max_concurrency for entry in self.endpoints) or self.max_concurrency

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        return http_address(value)

    @model_validator(mode="after")
    def _throughput_known(self) -> "ModelSettings":
        if self.hardware is None:
            if isinstance(self.price, PriceSettings) and self.price.rate_missing:
                raise ValueError("price: give tokens_per_s with gpu_usd_per_hour, or name the hardware")
            if self.energy is not None and self.energy.rate_missing:
                raise ValueError("energy: give tokens_per_s with watts, or name the hardware")
        return self

    @model_validator(mode="after")
    def _one_place(self) -> "ModelSettings":
        check_endpoints(self.endpoints, base_url=self.base_url, adapter=self.adapter)
        return self

    @model_validator(mode="after")
    def _loading(self) -> "ModelSettings":
        stated = [key for key in ("load_s", "keep_alive_s", "slots") if getattr(self, key) is not None]
        if self.warm == "always" and stated:
            raise ValueError(f'{stated[0]} has no meaning without warm = "on_demand"')
        if self.warm == "on_demand" and self.load_s is None:
            raise ValueError('warm = "on_demand" needs load_s: about how many seconds loading takes')
        return self


class LimitSettings(Section):
    """Limits of one scope; a missing one does not limit."""

    usd: float | None = Field(default=None, ge=0)
    tokens: int | None = Field(default=None, ge=1)
    calls: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, gt=0)
    wh: float | None = Field(default=None, ge=0)
    """Watt-hours."""


class BudgetSettings(LimitSettings):
    """``[budget]``: limits of one run."""

    agents: dict[RoleName, LimitSettings] = Field(default_factory=dict[RoleName, LimitSettings])
    """``[budget.agents.planner]``: limits of all calls of one role within a run."""


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


class AppearanceValueError(ValueError):
    """What is wrong in ``[tui]``, as it is said where that table is read alone: ``refused`` names the key."""

    def __init__(self, refused: SettingsError) -> None:
        super().__init__(str(refused))
        self.refused = refused


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
    tui: dict[str, Any] = Field(default_factory=dict[str, Any])
    """``[tui]``: looks and keys of the terminal app, as :class:`coreagent.appearance.Appearance` has them."""

    @field_validator("tui")
    @classmethod
    def _can_be_shown(cls, value: dict[str, Any]) -> dict[str, Any]:
        try:
            appearance_from(value)
        except SettingsError as error:
            raise AppearanceValueError(error) from error
        return value
