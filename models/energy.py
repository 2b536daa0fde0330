"""Watt-hours as the settings state them. Like a price they are never silently zero."""

from coreagent.models.card import Energy
from coreagent.models.prices import per_mtok
from coreagent.settings import ModelSettings

ENERGY_MEND = (
    "State what it consumes in coreagent.toml: energy = {input_wh_per_mtok = ..., output_wh_per_mtok = ...} (zeros"
    " where it is not to count), or energy = {watts = ..., tokens_per_s = ...}, or name its hardware."
)


def energy_from_settings(
    settings: ModelSettings,
    *,
    measured_per_s: float | None = None,
    predicted_per_s: float | None = None,
    watts: float | None = None,
) -> Energy | None:
    """Watt-hours of a model; None when nobody stated them.

    Watts become watt-hours for each output token: ``watts / (tokens_per_s * 3600)``, with the throughput as measured,
    else as stated, else as predicted. ``watts`` of the named hardware, its maximum, stand where no energy is stated.
    """
    stated = settings.energy
    if stated is not None:
        if stated.input_wh_per_mtok is not None and stated.output_wh_per_mtok is not None:
            return Energy(stated.input_wh_per_mtok, stated.output_wh_per_mtok)
        watts = stated.watts
    per_s = measured_per_s or (stated.tokens_per_s if stated else None) or predicted_per_s
    return None if watts is None or per_s is None else Energy(0.0, per_mtok(watts, per_s))
