"""What a model costs, in dollars and in watt-hours, and the machine it runs on."""

from typing import Literal

from pydantic import Field, model_validator

from coreagent.settings.section import Section


class PriceSettings(Section):
    """A price for each million tokens, or a self-hosted GPU's price for each hour with its throughput.

    Without ``tokens_per_s`` the throughput is predicted from the model's ``hardware`` until it was measured.
    """

    input_usd_per_mtok: float | None = Field(default=None, ge=0)
    output_usd_per_mtok: float | None = Field(default=None, ge=0)
    gpu_usd_per_hour: float | None = Field(default=None, ge=0)
    tokens_per_s: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _one_kind(self) -> "PriceSettings":
        if not _one_of((self.input_usd_per_mtok, self.output_usd_per_mtok), self.gpu_usd_per_hour, self.tokens_per_s):
            raise ValueError("give input_usd_per_mtok and output_usd_per_mtok, or gpu_usd_per_hour and tokens_per_s")
        return self

    @property
    def rate_missing(self) -> bool:
        """True for a price by the hour without a throughput."""
        return self.gpu_usd_per_hour is not None and self.tokens_per_s is None


class EnergySettings(Section):
    """Watt-hours for each million tokens, or what the machine draws while it works, with its throughput.

    Without ``tokens_per_s`` the throughput is predicted from the model's ``hardware`` until it was measured.
    """

    input_wh_per_mtok: float | None = Field(default=None, ge=0)
    output_wh_per_mtok: float | None = Field(default=None, ge=0)
    watts: float | None = Field(default=None, ge=0)
    tokens_per_s: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _one_kind(self) -> "EnergySettings":
        if not _one_of((self.input_wh_per_mtok, self.output_wh_per_mtok), self.watts, self.tokens_per_s):
            raise ValueError("give input_wh_per_mtok and output_wh_per_mtok, or watts and tokens_per_s")
        return self

    @property
    def rate_missing(self) -> bool:
        """True for watts without a throughput."""
        return self.watts is not None and self.tokens_per_s is None


class HardwareSettings(Section):
    """The machine of a self-hosted model: its latency is predicted from it where none is stated."""

    gpu: str
    """As in :data:`coreagent.models.hardware.ACCELERATORS`: ``A100-80G``, ``H100-SXM``, ``L4`` ..."""
    architecture: str
    """As in :data:`coreagent.models.hardware.ARCHITECTURES`: ``llama-3-8b``, ``qwen2.5-7b`` ..."""
    weight_bits: Literal[4, 8, 16] = 16
    activation_bits: Literal[8, 16] = 16
    kv_bits: Literal[8, 16] = 16
    count: int = Field(default=1, ge=1, le=64)
    """Devices that share the model."""


def _one_of(by_token: tuple[float | None, float | None], by_hour: float | None, tokens_per_s: float | None) -> bool:
    if by_hour is None:
        return None not in by_token and tokens_per_s is None
    return by_token == (None, None)
