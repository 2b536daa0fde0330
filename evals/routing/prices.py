"""Dollars of recorded calls, from a price list and their tokens."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from coreagent.errors import InputError
from coreagent.evals.files.rows import is_object, read_rows
from coreagent.evals.suite import Remark
from coreagent.models.card import ModelCard, Price
from coreagent.routing.outcomes import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenEstimate:
    """Tokens where a table has none: those of a prompt from its length, those of an answer a constant of each model.

    Four characters a token is a rule of thumb for English text. ``output_tokens`` names models whose answers are known
    to be longer or shorter than ``usual_output_tokens``.
    """

    characters_a_token: float = 4.0
    usual_output_tokens: float = 256.0
    output_tokens: Mapping[str, float] = field(default_factory=dict[str, float])

    def __str__(self) -> str:
        named = "".join(f", {model} {tokens:g}" for model, tokens in self.output_tokens.items())
        sizes = f"{self.characters_a_token:g} characters each, {self.usual_output_tokens:g} an answer{named}"
        return f"tokens estimated: {sizes}"


def read_prices(path: Path) -> dict[str, Price]:
    """Prices by model: LLMRouter's ``default_llm.json``, ``{model: {"input_price": ..., "output_price": ...}}``.

    Prices are dollars per million tokens; an ``output_price`` that is missing is that of the input.

    Raises:
        InputError: there is no such file, or a price in it is no number from 0 up, or it has none.
    """
    prices: dict[str, Price] = {}
    for row in read_rows(path):
        if isinstance(row, Remark) or not is_object(row.value):
            continue
        # A list of one model is one row without a name, {name: {...}} as a whole.
        entries = {row.key: row.value} if row.key else row.value
        for model, entry in entries.items():
            if is_object(entry) and "input_price" in entry:
                sent = _amount(path, model, entry["input_price"])
                prices[model] = Price(sent, _amount(path, model, entry.get("output_price", sent)))
    if not prices:
        raise InputError(
            f"{path} has no price",
            mend='A price list is {"model": {"input_price": 0.2, "output_price": 0.2}}, dollars per million tokens.',
        )
    return prices


def prices_of(cards: Mapping[str, ModelCard]) -> dict[str, Price]:
    """The prices that the cards of the settings state, by model; those that nobody stated are left out."""
    return {name: card.price for name, card in cards.items() if card.price.known}


def _amount(path: Path, model: str, value: Any) -> float:
    try:
        amount = float(value)
    except (TypeError, ValueError):
        amount = math.nan
    if not 0 <= amount < math.inf:
        raise InputError(f"{path}: the price of {model} is {value!r}", mend="Give dollars per million tokens.")
    return amount


def estimated(
    tokens: tuple[Floats, Floats], lengths: Floats, models: tuple[str, ...], estimate: TokenEstimate
) -> tuple[Floats, Floats]:
    """Input and output tokens (n, m) with gaps filled; ``lengths`` (n,) are characters of the prompts."""
    sent = np.broadcast_to(np.ceil(lengths / estimate.characters_a_token)[:, None], tokens[0].shape)
    constants = [estimate.output_tokens.get(model, estimate.usual_output_tokens) for model in models]
    written = np.broadcast_to(np.array(constants, dtype=np.float32), tokens[1].shape)
    return tuple(np.where(np.isnan(known), guess, known) for known, guess in zip(tokens, (sent, written), strict=True))  # type: ignore[return-value]  # two in, two out


def priced(
    usd: Floats, tokens: tuple[Floats, Floats], models: tuple[str, ...], prices: Mapping[str, Price]
) -> tuple[Floats, tuple[str, ...]]:
    """Dollars (n, m) with gaps filled where tokens and a price are known, and remarks on models without a price."""
    out = usd.copy()
    unpriced: list[str] = []
    for column, model in enumerate(models):
        price = prices.get(model)
        gaps = np.isnan(out[:, column])
        if price is not None and price.known:
            sent, written = (table[gaps, column].astype(np.float64) for table in tokens)
            out[gaps, column] = (sent * price.input_usd_per_mtok + written * price.output_usd_per_mtok) / 1_000_000
        elif gaps.any():
            unpriced.append(model)
    remarks = (f"no price for {', '.join(unpriced)}: what their calls cost stays unknown",) if unpriced else ()
    return out, remarks
