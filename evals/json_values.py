"""Values as strict JSON has them."""

import math
from typing import Any


def finite(value: Any) -> Any:
    """The value with None for every number in it that is not finite, which JSON can not hold."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {str(name): finite(inner) for name, inner in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  (JSON)
        case list() | tuple():
            return [finite(inner) for inner in value]  # pyright: ignore[reportUnknownVariableType]  (JSON)
        case _:
            return value
