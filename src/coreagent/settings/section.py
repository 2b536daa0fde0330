"""What every table of ``coreagent.toml`` has in common."""

import re

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of the file: unknown keys are refused, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def http_address(value: str) -> str:
    """The value, when it is empty or an HTTP address.

    Raises:
        ValueError: it is neither.
    """
    if value and not re.match(r"https?://[^\s/]", value):
        raise ValueError(f"{value!r} is not an address of the form http://host:port/v1")
    return value
