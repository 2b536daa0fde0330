"""``[routing]``: which model does which call."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from coreagent.plans import RoleName
from coreagent.settings.section import Section, http_address

Flag = Literal["size", "recency", "security", "verbosity", "readability", "energy"]


class RuleSettings(Section):
    """One ``[[routing.rules]]``: the first rule whose conditions all hold decides."""

    model: str
    role: RoleName | None = None
    domain: str | None = None
    min_tokens: int | None = Field(default=None, ge=0)
    max_tokens: int | None = Field(default=None, ge=0)


class AdviserSettings(Section):
    """``[routing.adviser]``: a model that is asked which model to ask, for a policy with ``advised()`` in it."""

    kind: Literal["generative", "endpoint", "instructions"]
    """A small model that names one; a decision model behind HTTP; or instructions of models compared with the
    question's."""
    model: str = ""
    """For generative and instructions: a model of this file."""
    url: str = ""
    """For endpoint."""
    api_key_env: str = ""
    timeout_s: float = Field(default=5.0, gt=0)
    clearance: Literal["public", "internal", "confidential"] = "internal"
    """For endpoint: questions above this label are never sent to it."""
    placement: Literal["device", "site", "cloud"] = "site"
    """For endpoint: nothing confidential is sent to the cloud."""
    usd_per_call: float = Field(default=0.0, ge=0)
    """For endpoint: what a call of it is booked at."""
    descriptions: dict[str, str] = Field(default_factory=dict[str, str])
    """For generative: what each model is for, and what it is not for."""
    examples: str = ""
    """For instructions: a JSON file ``{"MODEL": ["a prompt it does well", ...]}``, relative to this file."""

    @field_validator("url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        return http_address(value)

    @model_validator(mode="after")
    def _complete(self) -> "AdviserSettings":
        if self.kind == "endpoint" and not self.url:
            raise ValueError("kind 'endpoint' needs url")
        if self.kind != "endpoint" and not self.model:
            raise ValueError(f"kind {self.kind!r} needs model")
        if self.kind == "instructions" and not self.examples:
            raise ValueError("kind 'instructions' needs examples")
        return self


class RoutingSettings(Section):
    """``[routing]``: which policy decides."""

    policy: str = ""
    """``cheapest``, ``fixed``, ``rules``, ``learned``, or policies in a line: ``within(usd=0.01) | prefer_local() |
    learned()``. When empty, ``learned`` with a trained router, else ``cheapest``."""
    min_quality: float = Field(default=0.6, ge=0, le=1)
    """What ``cheapest`` asks for."""
    fixed: dict[RoleName, str] = Field(default_factory=dict[RoleName, str])
    rules: tuple[RuleSettings, ...] = ()
    fallbacks: int = Field(default=2, ge=0, le=8)
    router: str = ""
    """A file of ``coreagent route train``, relative to this file."""
    wish: str = ""
    """What ``learned`` aims at, such as ``at most 1 point below the best model``; the router's own when empty."""
    flags: dict[Flag, Annotated[float, Field(ge=0, le=10)]] = Field(default_factory=dict[Flag, float])
    """Weights of ``objectives()`` in the lines that the words stand for."""
    total_params_b: float | None = Field(default=None, gt=0)
    """For ``two_step()``: billions of parameters that all experts in use may have together."""
    adviser: AdviserSettings | None = None
