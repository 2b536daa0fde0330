"""Kinds of options that click does not have."""

import math
from typing import Any

import click


class NamedPath(click.Path):
    """A path that is not empty: ``--home "$UNSET"`` must not mean the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """As click does, after a look at the text."""
        if value == "":
            self.fail("it is empty.", param, ctx)
        return super().convert(value, param, ctx)


class Amount(click.FloatRange):
    """A number; "nan" would be a limit that limits nothing."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """As click does, then a look at what it is."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not an amount.", param, ctx)
        return number
