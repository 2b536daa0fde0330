"""Prices as the settings state them. A price is never silently zero."""

from coreagent.models.card import FREE, UNKNOWN_PRICE, Price
from coreagent.settings import ModelSettings

PRICE_MEND = (
    'State its price in coreagent.toml: price = "free", or price = {input_usd_per_mtok = ..., '
    "output_usd_per_mtok = ...}, or price = {gpu_usd_per_hour = ..., tokens_per_s = ...}."
)


def price_from_settings(
    settings: ModelSettings, *, measured_per_s: float | None = None, predicted_per_s: float | None = None
) -> Price:
    """The price of a model; :data:`UNKNOWN_PRICE` when none is stated.

    A GPU-hour price becomes a price for each output token: ``gpu_usd_per_hour / (tokens_per_s * 3600)``, where
    ``tokens_per_s`` is what the server writes in all, over every call it runs at once: as measured, else as stated,
    else as predicted. Input tokens then cost nothing of their own, because the throughput was measured with their
    work in it.
    """
    stated = settings.price
    if stated is None:
        return UNKNOWN_PRICE
    if stated == "free":
        return FREE
    if stated.input_usd_per_mtok is not None and stated.output_usd_per_mtok is not None:
        return Price(stated.input_usd_per_mtok, stated.output_usd_per_mtok)
    per_s = measured_per_s or stated.tokens_per_s or predicted_per_s
    if stated.gpu_usd_per_hour is None or per_s is None:
        return UNKNOWN_PRICE
    return Price(0.0, per_mtok(stated.gpu_usd_per_hour, per_s))


def per_mtok(per_hour: float, tokens_per_s: float) -> float:
    """What a million tokens take of something that is counted by the hour: dollars, or watts as watt-hours."""
    return per_hour / (tokens_per_s * 3600) * 1_000_000


def price_words(price: Price) -> str:
    """The price for people."""
    if not price.known:
        return "unknown"
    if price == FREE:
        return "free"
    return f"${price.input_usd_per_mtok:g} in, ${price.output_usd_per_mtok:g} out per million tokens"
