"""Options that several evaluation commands share, and how their texts are read."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from coreagent.budget import Budget
from coreagent.cli.parameters import Amount, NamedPath
from coreagent.errors import UsageError

Command = TypeVar("Command", bound=Callable[..., Any])

RUN_FOLDER = click.argument("folder", type=NamedPath(exists=True, file_okay=False, path_type=Path))


def with_options(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Several options as one decorator, shown in this order."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


RUN_LIMITS = with_options(
    click.option("--budget-usd", type=Amount(min=0), help="Dollars of the whole run, reserved before each call."),
    click.option("--budget-tokens", type=click.IntRange(min=0), help="Tokens of the whole run."),
    click.option("--budget-seconds", type=Amount(min=0), help="Seconds of the whole run."),
    click.option("--budget-wh", type=Amount(min=0), help="Watt-hours of the whole run."),
)
SAMPLE_LIMITS = with_options(
    click.option("--sample-usd", type=Amount(min=0), help="Dollars of one trial."),
    click.option("--sample-tokens", type=click.IntRange(min=0), help="Tokens of one trial."),
    click.option("--sample-seconds", type=Amount(min=0), help="Seconds of one trial."),
    click.option("--sample-wh", type=Amount(min=0), help="Watt-hours of one trial."),
)


def budget_of(scope: str, options: Mapping[str, Any]) -> Budget:
    """The budget that options of :data:`RUN_LIMITS` (``budget``) or :data:`SAMPLE_LIMITS` (``sample``) give."""
    return Budget(**{unit: options[f"{scope}_{unit}"] for unit in ("usd", "tokens", "seconds", "wh")})


def fields_of(option: str, texts: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Read ``category=easy,hard`` options; a field that is named twice gets the values of both.

    Raises:
        UsageError: no field, or no value.
    """
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        field, sign, values = text.partition("=")
        named = tuple(value.strip() for value in values.split(",") if value.strip())
        if not sign or not field.strip() or not named:
            raise UsageError(
                f"{option} {text!r} is not of the form field=value,value", mend="For example category=easy,medium."
            )
        found[field.strip()] = (*found.get(field.strip(), ()), *named)
    return found


def swept(systems: tuple[str, ...], sweeps: tuple[str, ...]) -> tuple[str, ...]:
    """Each ``core`` system once for every value of a ``KEY=value,value`` sweep; other systems as they are.

    Raises:
        UsageError: a sweep of another form, or no system to sweep.
    """
    for sweep in sweeps:
        key, sign, values = sweep.partition("=")
        named = [value.strip() for value in values.split(",") if value.strip()]
        if not sign or not key.strip() or not named:
            raise UsageError(
                f"--sweep {sweep!r} is not of the form key=value,value",
                mend="For example routing.min_quality=0.4,0.6,0.8.",
            )
        if not any(_takes_settings(system) for system in systems):
            raise UsageError("--sweep needs a system with settings", mend="Add --system core.")
        systems = tuple(
            name
            for system in systems
            for name in (
                [f"{system}{',' if ':' in system else ':'}{key.strip()}={value}" for value in named]
                if _takes_settings(system)
                else [system]
            )
        )
    return systems


def _takes_settings(system: str) -> bool:
    return system.partition(":")[0] == "core"
