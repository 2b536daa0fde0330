"""``coreagent route show``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from coreagent.cli.evals.bench import open_bench
from coreagent.cli.parameters import NamedPath
from coreagent.cli.render import new_table, print_table
from coreagent.cli.routes.sources import with_json
from coreagent.cli.text import json_text, printable
from coreagent.errors import InputError
from coreagent.evaluation.routing import load_router
from coreagent.evaluation.routing.sources import cards_of, local_among
from coreagent.routing.learning.operating_point import OperatingPoint
from coreagent.routing.learning.trained import TrainedRouter

_WISHES = (
    "at most 0 points below the best model",
    "at most 1 point below the best model",
    "at most 2 points below the best model",
    "at most 5 points below the best model",
    "at most 10 points below the best model",
)
_LOCAL = ("50 % local", "80 % local", "100 % local")


@click.command("show")
@click.argument("router", type=NamedPath(path_type=Path))
@with_json
@click.pass_context
def command(ctx: click.Context, router: Path, *, as_json: bool) -> None:
    """Show what the trained router in a file knows, what it was trained on, and what wishes would give."""
    bench = open_bench(ctx)
    cards = cards_of(bench.settings)
    trained = load_router(router)
    shown = _Shown.of(trained, local_among(trained.models, cards), tuple(cards))
    if as_json:
        click.echo(json_text(shown.data(), indent=1))
    else:
        shown.tell()


@dataclass(frozen=True, slots=True)
class _Shown:
    """A router, with points that wishes would give, and models that only the settings or only the router know."""

    router: TrainedRouter
    points: tuple[OperatingPoint, ...]
    strangers: tuple[str, ...]
    missing: tuple[str, ...]

    @classmethod
    def of(cls, router: TrainedRouter, local: frozenset[str], in_settings: tuple[str, ...]) -> "_Shown":
        known = (*router.models, *router.newcomers)
        own = (router.standing.wish,) if router.standing and router.standing.wish else ()
        wishes = dict.fromkeys((*own, *_WISHES, *(_LOCAL if local else ())))
        return cls(
            router,
            tuple(point for wish in wishes if (point := _point(router, wish, local)) is not None),
            tuple(name for name in in_settings if name not in known and not name.startswith("builtin/")),
            tuple(name for name in known if name not in in_settings),
        )

    def facts(self) -> dict[str, str]:
        """What there is to say of the file, in the order it is said."""
        head, router = self.router.head, self.router
        identity = router.embedder.identity
        standing = router.standing
        return {
            "file": router.name,
            "kind": f"{head.kind}, version {head.version}",
            "made": f"{head.created} by coreagent {head.package}",
            "data": head.data_hash,
            "models": ", ".join(router.models),
            "newcomers": ", ".join(
                f"{name} ({new.mean:.3f} [{new.low:.3f}, {new.high:.3f}] from {new.rows} questions)"
                for name, new in router.newcomers.items()
            ),
            "roles": ", ".join(sorted(role or "all" for role in router.roles)),
            "embedder": f"{identity.name}, {identity.dimensions} dimensions, {identity.digest[:12]}",
            "features": f"{len(head.features)}: {', '.join(head.features[:6])} ...",
            "predictors": head.notes,
            "fitted on": f"{len(router.fitted_on):,} prompts",
            "verifier": "its score is calibrated" if router.verdicts else "its score is taken as it is",
            "aims at": (standing.wish if standing else "") or "the best predicted model",
        }

    def tell(self) -> None:
        """For people."""
        facts = new_table("what", "", whole="what")
        for name, words in self.facts().items():
            if words:
                facts.add_row(name, printable(words))
        for name, value in self.router.head.scores.items():
            facts.add_row(f"held-out {name.replace('_', ' ')}", f"{value:,.0f}" if name == "rows" else f"{value:.3f}")
        facts.show_header = False
        print_table(facts)
        if self.points:
            click.echo("\nWhat wishes give, on prompts left out:\n")
            table = new_table("wish", "score [95 %]", "$ per 1,000", "local", whole="wish")
            for point in self.points:
                quality = point.quality
                table.add_row(
                    str(point.wish),
                    f"{quality.value:.3f} [{quality.low:.3f}, {quality.high:.3f}]",
                    "" if np.isnan(point.usd_per_call.value) else f"${1_000 * point.usd_per_call.value:.3g}",
                    "" if np.isnan(point.local_share.value) else f"{point.local_share.value:.0%}",
                )
            print_table(table)
        if self.strangers:
            click.echo(printable(f"\nmodels of the settings it does not know: {', '.join(self.strangers)}"))
        if self.missing:
            click.echo(printable(f"\nmodels it knows that are not in the settings: {', '.join(self.missing)}"))

    def data(self) -> dict[str, Any]:
        """For programs."""
        head = self.router.head
        return {
            **self.facts(),
            "models": list(self.router.models),
            "newcomers": {
                name: {"mean": new.mean, "low": new.low, "high": new.high, "rows": new.rows}
                for name, new in self.router.newcomers.items()
            },
            "roles": sorted(self.router.roles),
            "features": list(head.features),
            "scores": dict(head.scores),
            "points": [
                {"wish": str(point.wish), "quality": point.quality.value, "words": point.words} for point in self.points
            ],
            "not_known": list(self.strangers),
            "not_in_settings": list(self.missing),
        }


def _point(router: TrainedRouter, wish: str, local: frozenset[str]) -> OperatingPoint | None:
    """None where it can not be granted."""
    if router.standing is None:
        return None
    try:
        return router.standing.point(
            wish, np.array([name in local for name in router.models]) if local else None, resamples=200
        )
    except InputError:
        return None
