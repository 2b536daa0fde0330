"""The front door for batch evaluation: systems by the names that users give them, and passages for bare models.

A bare model is ready without a graph, a corpus or an embedder being loaded.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coreagent.errors import UnknownNameError, UsageError
from coreagent.evals.baselines.names import BASELINES, BUILTIN
from coreagent.evals.calls.answers import Answers
from coreagent.evals.calls.gate import Gates
from coreagent.evals.run_folder import RunFolder
from coreagent.evals.system import System
from coreagent.evals.systems.layers import IN_PROCESS, Layers, Place
from coreagent.evals.systems.model import ModelSystem
from coreagent.evaluation.overrides import overridden
from coreagent.labels import Sensitivity
from coreagent.models.card import ModelCard
from coreagent.models.registry import ModelRegistry
from coreagent.settings import Environment, Settings
from coreagent.wiring.answers import address_of
from coreagent.wiring.models import build_registry, bundled_embedder

if TYPE_CHECKING:
    from coreagent.wiring.evaluated import Reshape
    from coreagent.wiring.knowledge import Knowledge

PASSAGES = 5
"""Passages that a question is given in the RAG arms."""

GRAPHS = ("core", "tool_use")
KINDS: Mapping[str, str] = {
    "core": "the core-agent of the settings; core:KEY=VALUE,KEY=VALUE with other settings",
    "graph:NAME": f"the same with this graph: {' or '.join(GRAPHS)}",
    "model:NAME": "one model of the settings, or a built-in one, alone",
    "baseline:NAME": f"an artefact baseline: {', '.join(BASELINES)}; or builtin, the built-in models without a corpus",
    "recorded:FOLDER[#SYSTEM]": "the answers of an earlier run, or one model of a table of outcomes",
    "python:FILE.py[:NAME]": "a function predict(question, options), or predict(sample)",
}
"""The forms of a system's name, with what each is."""


class Corpora:
    """Passages from the library, which is opened at the first question. Give it back with :meth:`close`."""

    def __init__(
        self, settings: Settings, environment: Environment, *, home: Path | None = None, names: Sequence[str] = ()
    ) -> None:
        """``names`` empty means the corpora of the settings."""
        self._settings, self._environment = settings, environment
        self._home = home or environment.home
        self._label = Sensitivity.parse(settings.security.min_label)
        self.names = tuple(names) or settings.knowledge.corpora
        self._knowledge: Knowledge | None = None

    async def passages(self, query: str) -> tuple[str, ...]:
        """The best passages for a query, best first.

        Raises:
            KnowledgeError: the corpora can not be read.
            UnknownNameError: one of them does not exist.
        """
        found = await self._open().library.search(query, corpora=self.names, limit=PASSAGES, label=self._label)
        return tuple(hit.evidence.text for hit in found.hits)

    async def relevance(self, text: str) -> float:
        """Score in 0..1 of the best passage that a text finds alone; 0 where it finds none. Raises as above."""
        found = await self._open().library.search(text, corpora=self.names, limit=1, label=self._label)
        return found.hits[0].score if found.hits else 0.0

    def close(self) -> None:
        """Give files and connections back. Safe to call twice."""
        if self._knowledge is not None:
            self._knowledge.close()
            self._knowledge = None

    def _open(self) -> "Knowledge":
        if self._knowledge is None:
            from coreagent.wiring.knowledge import build_knowledge  # noqa: PLC0415  (a bare model needs no corpora)

            self._knowledge = build_knowledge(self._settings, self._environment, self._home)
        return self._knowledge


@dataclass(slots=True, kw_only=True)
class Builder:
    """Builds the systems of one run. They share models' connections, gates and the store of answers.

    ``base`` is what files named in the settings are relative to; ``corpora`` empty means those of the settings;
    ``reshape`` is applied to the graphs of agents.
    """

    settings: Settings
    environment: Environment
    layers: Layers
    home: Path | None = None
    base: Path = field(default_factory=Path)
    corpora: tuple[str, ...] = ()
    seed: int = 0
    reshape: "Reshape | None" = None
    _registry: ModelRegistry | None = None

    def build(self, name: str) -> System:
        """The system of this name.

        Raises:
            UnknownNameError: there is no such kind, model, graph, baseline or recorded system.
            UsageError: a file or an override is wrong.
            SettingsError: the settings, or what is put in their place, are wrong.
            InputError: a recorded run that can not be read.
        """
        kind, _, rest = name.partition(":")
        builders: dict[str, Callable[[str, str], System]] = {
            "core": self._core,
            "graph": self._graph,
            "model": self._model,
            "baseline": self._baseline,
            "recorded": self._recorded,
            "python": self._function,
        }
        if kind not in builders:
            listed = "; ".join(f"{form}: {what}" for form, what in KINDS.items())
            raise UnknownNameError("system", name, builders, mend=f"A system is one of these. {listed}.")
        if kind != "core" and not rest:
            form = next(form for form in KINDS if form.startswith(kind))
            raise UsageError(f"the system {name!r} names nothing", mend=f"It is written {form}: {KINDS[form]}.")
        return builders[kind](name, rest)

    def _model(self, name: str, rest: str) -> System:
        if self._registry is None:
            self._registry = build_registry(self.settings, self.environment)
        card = self._registry.card(rest)
        place = place_of(card, self.settings)
        described = {"model": describe_model(card, self.settings)}
        return ModelSystem(
            name,
            self._registry.get(rest),
            layers=self.layers,
            place=place,
            description=described,
            fitted_on=_fitted_on(card),
        )

    def _graph(self, name: str, rest: str) -> System:
        graph, _, overrides = rest.partition(":")
        if graph not in GRAPHS:
            raise UnknownNameError("graph", graph, GRAPHS)
        return self._agent(name, f"agent.graph={graph}" + (f",{overrides}" if overrides else ""))

    def _core(self, name: str, rest: str) -> System:
        return self._agent(name, rest)

    def _agent(self, name: str, overrides: str) -> System:
        # The graphs and all they need take a second to load.
        from coreagent.wiring.evaluated import build_agent_system  # noqa: PLC0415  (as above)

        settings = overridden(self.settings, overrides)
        return build_agent_system(
            name,
            settings,
            self.environment,
            wrap=lambda model: self.layers.around(model, place_of(model.card, settings)),
            describe=lambda card: describe_model(card, settings),
            home=self.home,
            base=self.base,
            corpora=self.corpora,
            reshape=self.reshape,
        )

    def _baseline(self, name: str, rest: str) -> System:
        if name == BUILTIN:
            from coreagent.evals.baselines.builtin import BuiltinBaseline  # noqa: PLC0415  (of no use to a model)

            return BuiltinBaseline(bundled_embedder)
        from coreagent.evals.baselines.baseline import baseline  # noqa: PLC0415  (of no use to a model)

        corpora = Corpora(self.settings, self.environment, home=self.home, names=self.corpora)
        return baseline(rest, seed=self.seed, relevance=corpora.relevance, corpora=corpora.names, close=corpora.close)

    def _recorded(self, name: str, rest: str) -> System:
        where, _, chosen = rest.partition("#")
        place = Path(where).expanduser()
        if place.exists() and not RunFolder(place).manifest_file.exists():
            from coreagent.evals.systems.outcomes import OutcomeSystem  # noqa: PLC0415  (of no use to a model)

            return OutcomeSystem(name, place, model=chosen)
        from coreagent.evals.systems.recorded import RecordedSystem  # noqa: PLC0415  (of no use to a model)

        return RecordedSystem(name, place, system=chosen)

    def _function(self, name: str, rest: str) -> System:
        from coreagent.evals.systems.function import function_from_file  # noqa: PLC0415  (of no use to a model)

        where, colon, function = rest.rpartition(":")
        if not colon or not where.endswith(".py"):
            where, function = rest, "predict"
        return function_from_file(Path(where).expanduser(), function=function, name=name)


def build_systems(
    names: Sequence[str],
    settings: Settings,
    environment: Environment,
    *,
    home: Path | None = None,
    run: str = "",
    store: Answers | None = None,
    replay_only: bool = False,
    seed: int = 0,
    corpora: Sequence[str] = (),
    base: Path | None = None,
    reshape: "Reshape | None" = None,
    gates: Gates | None = None,
) -> list[System]:
    """The systems of these names (see :data:`KINDS`), in their order. Nothing is connected to yet.

    Args:
        names: as the user gave them.
        settings: as read from ``coreagent.toml``.
        environment: where keys are looked up.
        home: folder of corpora; the environment's when None.
        run: id of the run, which pays for what is asked.
        store: keeps every answer of a model behind an endpoint, and gives it again; None keeps nothing.
        replay_only: ask no endpoint: what is not in the store is an error.
        seed: of the random baseline.
        corpora: for agents and the options-only baseline; those of the settings when empty.
        base: folder that tool files named in the settings are relative to; the current one when None.
        reshape: applied to the graphs of agents.
        gates: of the endpoints, for a process that shares those with others.

    Raises:
        UsageError: a name is wrong, or stands twice.
        SettingsError: the settings are wrong.
        InputError: a recorded run can not be read.
    """
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"the system {name!r} stands twice", mend="Name it once.")
    builder = Builder(
        settings=settings,
        environment=environment,
        layers=Layers(store=store, run=run, replay_only=replay_only, gates=gates or Gates()),
        home=home,
        base=base or Path(),
        corpora=tuple(corpora),
        seed=seed,
        reshape=reshape,
    )
    return [builder.build(name) for name in names]


def _fitted_on(card: ModelCard) -> frozenset[str]:
    if card.adapter != "builtin":
        return frozenset()
    from coreagent.models.builtin import builtin_fitted_on  # noqa: PLC0415  (a model behind an endpoint needs no rules)

    return builtin_fitted_on()


def place_of(card: ModelCard, settings: Settings) -> Place:
    """Where a model is asked, without secrets; models at one address share its gate."""
    address, model = address_of(card, settings), settings.models.get(card.name)
    if not address or model is None:
        return IN_PROCESS
    return Place(address=address, most=model.concurrency, attempts=model.max_attempts)


def describe_model(card: ModelCard, settings: Settings) -> dict[str, Any]:
    """What a manifest says of a model: everything that bears on its answers and their price, and no secret."""
    price, energy = card.price, card.energy
    described: dict[str, Any] = {
        "name": card.name,
        "adapter": card.adapter,
        "model": card.model,
        "address": place_of(card, settings).address,
        "max_output_tokens": card.max_output_tokens,
        "context_tokens": card.context_tokens,
        "price_usd_per_mtok": [price.input_usd_per_mtok, price.output_usd_per_mtok] if price.known else None,
        "params_b": card.params_b,
        "licence": card.licence,
    }
    if energy is not None and card.adapter != "builtin":
        described["energy_wh_per_mtok"] = [energy.input_wh_per_mtok, energy.output_wh_per_mtok]
    return described
