"""Policies and trained routers replayed on recorded outcomes; no model is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from coreagent.errors import UnknownNameError, UsageError
from coreagent.evals.routing.evaluate import Recipe, RoutingReport, evaluate_routing
from coreagent.evaluation.routing.files import load_router
from coreagent.evaluation.routing.sources import cards_of, local_among, read_outcomes_of
from coreagent.evaluation.routing.training import placements, stand, with_a_choice
from coreagent.models.card import ModelCard
from coreagent.models.embedding import Embedder
from coreagent.routing.learning.fitting import fit_router
from coreagent.routing.learning.folds import SEED
from coreagent.routing.learning.trained import TrainedRouter
from coreagent.routing.learning.wish import parse_wish
from coreagent.routing.outcomes import Outcomes
from coreagent.routing.policies import POLICIES, Parts, best, parse_policy
from coreagent.routing.policy import Policy
from coreagent.routing.replay.replaying import Contestant
from coreagent.routing.replay.splits import Overlap
from coreagent.settings import Settings
from coreagent.wiring.models import bundled_embedder

LEARNED, TRAINED = "learned", "trained"
"""The line of a router that is given, and of one that is fitted on the way."""


def evaluate_policies(
    sources: Sequence[Path | str],
    policies: Sequence[str] = (),
    *,
    router: Path | str | None = None,
    folds: int = 0,
    fit_on: Sequence[Path | str] = (),
    wish: str = "",
    settings: Settings | None = None,
    prices: Path | None = None,
    local: Sequence[str] = (),
    role: str = "",
    complete: bool = False,
    overlap: Overlap = "refuse",
    seed: int = SEED,
    embedder: Embedder | None = None,
) -> RoutingReport:
    """What policies would have chosen, scored and cost on recorded outcomes, beside the lines of reference.

    Args:
        sources: outcome tables and folders of evaluation runs, put together.
        policies: as settings write them; ``learned()`` stands where the wish puts the router. With a router and none
            of them, that alone.
        router: a trained router that predicts for all policies.
        folds: without one, fit one in each of this many folds of the table, on the others.
        fit_on: instead of folds, other outcomes to fit it on.
        wish: what ``learned()`` aims at; the router's own when empty.
        settings: their cards are used when they have all models of the table; else the table says what models are like.
        prices: a price list, instead of the prices of the settings.
        local: further models that are not in the cloud.
        role: rows of this role alone.
        complete: only rows that have a score of every model.
        overlap: refuse or drop rows that something was fitted on.
        seed: of folds and draws.
        embedder: that of this package when None.

    Raises:
        InputError: outcomes that can not be read, or a wish that can not be granted.
        UsageError: a policy that can not be read, a router together with folds to fit one, or an overlap that is
            refused.
        SettingsError: the router can not be loaded, or a policy needs what outcomes alone do not tell.
    """
    if wish:
        parse_wish(wish)
    if router is not None and (folds or fit_on):
        raise UsageError(
            "a router is given, and fitting one is asked for", mend="Leave --router out, or --folds and --fit-on."
        )
    trained = load_router(router, embedder) if router is not None else None
    measured = with_a_choice(read_outcomes_of(sources, settings=settings, prices=prices, role=role))
    fitting = read_outcomes_of(fit_on, settings=settings, prices=prices, role=role) if fit_on else None
    cards = cards_of(settings)
    make = _Making(
        models=measured.models,
        cards={name: cards[name] for name in measured.models} if set(measured.models) <= set(cards) else None,
        local=local_among(measured.models, cards, local),
        wish=wish,
        seed=seed,
        embedder=embedder,
    )
    contestants: list[Contestant | Recipe]
    if trained is not None:
        _check_models(trained, measured)
        contestants = [make.contestant(text, trained) for text in policies or (LEARNED,)]
    elif folds or fitting is not None:
        contestants = [make.recipe(text) for text in (TRAINED, *policies)]
    else:
        contestants = [make.contestant(text, None) for text in policies]
    report = evaluate_routing(
        measured, contestants, fitting=fitting, fold_count=folds, overlap=overlap, complete=complete, seed=seed
    )
    return replace(report, remarks=(*report.remarks, *_strangers(trained, measured)))


@dataclass(slots=True, kw_only=True)
class _Making:
    """Makes contestants of policies, and fits the routers of folds, each once for all policies."""

    models: tuple[str, ...]
    cards: Mapping[str, ModelCard] | None
    local: frozenset[str]
    wish: str
    seed: int
    embedder: Embedder | None
    fitted: list[tuple[Outcomes, TrainedRouter]] = field(default_factory=list[tuple[Outcomes, TrainedRouter]])

    def contestant(self, text: str, router: TrainedRouter | None) -> Contestant:
        operating = None
        if router is not None and (LEARNED in text or text.strip() == TRAINED):
            operating = router.operating(self.wish, local=self.local)
        return Contestant(
            name=text,
            policy=self._policy(text, operating),
            predictor=router,
            cards=self.cards,
            placements=placements(self.models, self.local) if self.local else {},
        )

    def recipe(self, text: str) -> Recipe:
        # A slip in it is said before anything is fitted.
        self._policy(text, best())
        return Recipe(name=text, fit=lambda rows: self.contestant(text, self._router(rows)))

    def _policy(self, text: str, operating: Policy | None) -> Policy:
        word = text.strip()
        if word.isidentifier():
            if word not in (LEARNED, TRAINED):
                raise UnknownNameError("policy", word, [LEARNED, *(f"{name}()" for name in POLICIES)])
            word = "learned()"
        return parse_policy(word, Parts(operating=operating, models=frozenset(self.models)))

    def _router(self, rows: Outcomes) -> TrainedRouter:
        for fitting, router in self.fitted:
            if fitting is rows:
                return router
        table = with_a_choice(rows.only(self.models))
        trained = fit_router(table, self.embedder or bundled_embedder(), seed=self.seed, name=TRAINED)
        standing, _ = stand(trained, self.wish, self.local)
        router = replace(trained.router, standing=standing)
        self.fitted.append((rows, router))
        return router


def _strangers(router: TrainedRouter | None, outcomes: Outcomes) -> tuple[str, ...]:
    """Models that only the table or only the router knows, in words."""
    if router is None:
        return ()
    known = (*router.models, *router.newcomers)
    unpredicted = [name for name in outcomes.models if name not in known]
    unrecorded = [name for name in known if name not in outcomes.models]
    return (
        *(
            (f"{', '.join(unpredicted)}: unknown to {router.name}, so known by mean scores alone",)
            if unpredicted
            else ()
        ),
        *((f"{', '.join(unrecorded)}: known to {router.name}, but not in these outcomes",) if unrecorded else ()),
    )


def _check_models(router: TrainedRouter, outcomes: Outcomes) -> None:
    known = (*router.models, *router.newcomers)
    if not set(known) & set(outcomes.models):
        raise UsageError(
            f"{router.name} knows none of the models of the table: {', '.join(outcomes.models[:8])}",
            mend=f"It knows {', '.join(known[:8])}. Train one on outcomes of these, or name the models the same.",
        )
