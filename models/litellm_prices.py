"""Prices from the list that litellm ships, read without importing it (which takes seconds)."""

import importlib.util
import json
from functools import cache
from pathlib import Path
from typing import Any

from coreagent.models.card import UNKNOWN_PRICE, Price

_LIST_NAME = "model_prices_and_context_window_backup.json"


def listed_price(model: str) -> Price:
    """The listed price of ``provider/model``, at its lowest tier; :data:`UNKNOWN_PRICE` when there is none.

    A listed price of zero is not believed: the list puts it on every model of some self-hosted providers, whose
    price only their owner knows.
    """
    entry = _find(model)
    per_input, per_output = entry.get("input_cost_per_token"), entry.get("output_cost_per_token")
    if not isinstance(per_input, (int, float)) or not isinstance(per_output, (int, float)):
        return UNKNOWN_PRICE
    if per_input < 0 or per_output < 0 or per_input + per_output == 0:
        return UNKNOWN_PRICE
    return Price(per_input * 1_000_000, per_output * 1_000_000)


def _find(model: str) -> dict[str, Any]:
    listed = _list()
    if model in listed:
        return listed[model]
    provider, _, name = model.partition("/")
    entry = listed.get(name, {})
    return entry if entry.get("litellm_provider") == provider else {}


@cache
def _list() -> dict[str, dict[str, Any]]:
    spec = importlib.util.find_spec("litellm")
    for folder in spec.submodule_search_locations or () if spec else ():
        try:
            listed: dict[str, dict[str, Any]] = json.loads((Path(folder) / _LIST_NAME).read_bytes())
        except (OSError, ValueError):
            continue
        return listed
    return {}
