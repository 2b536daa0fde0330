"""The router of the settings, with what its policy needs: a trained router, a bandit's memory, an adviser."""

import difflib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from coreagent.errors import CoreAgentError, InputError, SettingsError
from coreagent.labels import Sensitivity
from coreagent.models.card import ModelCard
from coreagent.models.embedding import Embedder
from coreagent.routing.policies import POLICIES, BanditMemory, Parts, Rule, assignment_from_cards, parse_policy
from coreagent.routing.policies.arguments import literal
from coreagent.routing.policies.assignment import Assignment
from coreagent.routing.policy import Policy
from coreagent.routing.router import Router
from coreagent.settings import AdviserSettings, Environment, RoutingSettings, Settings

if TYPE_CHECKING:
    from coreagent.routing.advisors.adviser import Adviser
    from coreagent.routing.learning.trained import TrainedRouter

_TRAIN = 'Train one: coreagent route train TABLE -o router.npz, and set router = "router.npz".'
_WORD = re.compile(r"[\w-]+")


def as_it_is(score: float) -> float:
    """A verifier's score that nobody calibrated."""
    return score


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """How calls are routed: the router, and what stands beside it.

    ``memory`` is what a bandit learns in, None without one; ``calibrate`` turns a verifier's score into the chance that
    the draft is right.
    """

    router: Router
    trained: "TrainedRouter | None" = None
    memory: BanditMemory | None = None
    adviser: "Adviser | None" = None
    calibrate: Callable[[float], float] = field(default=as_it_is)

    def close(self) -> None:
        """Give files back. Safe to call twice."""
        if self.memory is not None:
            self.memory.close()


def build_routing(
    settings: Settings,
    environment: Environment,
    cards: Mapping[str, ModelCard],
    *,
    home: Path,
    embedder: Callable[[], Embedder],
    base: Path | None = None,
) -> Routing:
    """How the settings say that calls are routed over these cards; files they name are relative to ``base``.

    Raises:
        SettingsError: the policy can not be read, or needs something that is not there.
    """
    routing = settings.routing
    _check_names(routing, cards)
    trained = _trained(routing, base or Path(), embedder)
    text = policy_text(routing)
    if "advised" in policies_in(text) and routing.adviser is None:
        raise SettingsError(
            "advised() needs an adviser, and there is none",
            key="routing.policy",
            mend='Add [routing.adviser], for example: kind = "generative" and model = "NAME".',
        )
    memory = BanditMemory(home / "routing" / "verdicts.sqlite") if "bandit" in policies_in(text) else None
    policy = _policy(text, routing, cards, trained=trained, memory=memory)
    adviser = None
    if routing.adviser is not None:
        adviser = _adviser(routing.adviser, environment, cards, base or Path(), embedder, trained)
    return Routing(
        router=Router(cards, policy, routing.fallbacks, trained),
        trained=trained,
        memory=memory,
        adviser=adviser,
        calibrate=trained.calibrate_verdict if trained else as_it_is,
    )


def policy_text(routing: RoutingSettings) -> str:
    """The policy of the settings, written out.

    Raises:
        SettingsError: a word that is no policy.
    """
    cheapest = f"cheapest_above(quality={routing.min_quality:g})"
    # Without weights, here or in the question, it has no say.
    wished = f"objectives({', '.join(f'{flag}={weight:g}' for flag, weight in routing.flags.items())})"
    pinned = f"fixed({', '.join(f'{role}={literal(model)}' for role, model in routing.fixed.items())})"
    words = {
        "cheapest": [pinned, wished, cheapest] if routing.fixed else [wished, cheapest],
        "fixed": [pinned, wished, cheapest],
        "rules": ["rules()", wished, cheapest],
        "learned": [wished, "learned()"],
    }
    word = routing.policy.strip() or ("learned" if routing.router else "cheapest")
    if word not in words:
        if _WORD.fullmatch(word):
            raise _no_word(word, tuple(words))
        return word
    if word == "fixed" and not routing.fixed:
        raise SettingsError("names no model", key="routing.fixed", mend='For example: fixed = {planner = "large"}.')
    line = words[word]
    if routing.adviser:
        # After what a person laid down for a role or a kind of call.
        line.insert(1 if line[0] in (pinned, "rules()") else 0, "advised()")
    return " | ".join(line)


def _no_word(word: str, words: tuple[str, ...]) -> SettingsError:
    near = difflib.get_close_matches(word.lower().replace("-", "_"), (*words, *POLICIES), n=1)
    meant = "" if not near else f" (did you mean {near[0]}{'' if near[0] in words else '(...)'}?)"
    return SettingsError(
        f"no policy {word!r}{meant}",
        key="routing.policy",
        mend=f"Allowed: {', '.join(words)}, or a line such as within(usd=0.01) | cheapest_above(quality=0.7).",
    )


def policies_in(text: str) -> frozenset[str]:
    """The names of the policies in a line."""
    return frozenset(re.findall(r"([a-z_]+)\s*\(", text))


def _policy(
    text: str,
    routing: RoutingSettings,
    cards: Mapping[str, ModelCard],
    *,
    trained: "TrainedRouter | None",
    memory: BanditMemory | None,
) -> Policy:
    names = policies_in(text)
    parts = Parts(
        rules=tuple(Rule(**rule.model_dump()) for rule in routing.rules),
        bandit_memory=memory,
        assignment=_assignment(routing, cards) if "two_step" in names else None,
        operating=_operating(trained, routing, cards) if trained else None,
        models=frozenset(cards),
    )
    try:
        return parse_policy(text, parts)
    except CoreAgentError as error:
        raise SettingsError(str(error), key="routing.policy", mend=error.mend) from error


def _operating(trained: "TrainedRouter", routing: RoutingSettings, cards: Mapping[str, ModelCard]) -> Policy:
    local = frozenset(name for name, card in cards.items() if card.placement != "cloud")
    try:
        return trained.operating(routing.wish, local=local)
    except InputError as error:
        raise SettingsError(str(error), key="routing.wish", mend=error.mend) from error


def _assignment(routing: RoutingSettings, cards: Mapping[str, ModelCard]) -> Assignment:
    if routing.total_params_b is None:
        raise SettingsError(
            "two_step() needs the parameters, in billions, that all its experts together may have",
            key="routing.total_params_b",
            mend="For example: total_params_b = 40.",
        )
    try:
        return assignment_from_cards(cards, budget=routing.total_params_b)
    except InputError as error:
        raise SettingsError(str(error), key="routing.policy", mend=error.mend) from error


def _check_names(routing: RoutingSettings, cards: Mapping[str, ModelCard]) -> None:
    named = [(f"routing.fixed.{role}", model) for role, model in routing.fixed.items()]
    named += [(f"routing.rules.{place}.model", rule.model) for place, rule in enumerate(routing.rules)]
    for key, name in named:
        if name not in cards:
            mend = f"Known: {', '.join(cards)}. To add it: coreagent models add {name}"
            raise SettingsError(f"no model {name!r}", key=key, mend=mend)


def _trained(routing: RoutingSettings, base: Path, embedder: Callable[[], Embedder]) -> "TrainedRouter | None":
    if not routing.router:
        if routing.wish:
            raise SettingsError("is granted by a trained router, and none is named", key="routing.wish", mend=_TRAIN)
        return None
    from coreagent.routing.learning.trained import TrainedRouter  # noqa: PLC0415  (of no use without one)

    path = base / Path(routing.router).expanduser()
    if not path.is_file():
        raise SettingsError(f"there is no file {path}", key="routing.router", mend=_TRAIN)
    return TrainedRouter.load(path, embedder())


def _adviser(
    settings: AdviserSettings,
    environment: Environment,
    cards: Mapping[str, ModelCard],
    base: Path,
    embedder: Callable[[], Embedder],
    trained: "TrainedRouter | None",
) -> "Adviser":
    if settings.kind == "endpoint":
        from coreagent.models.timeouts import Timeouts  # noqa: PLC0415  (as below)
        from coreagent.routing.advisors.decision_endpoint import DecisionEndpoint  # noqa: PLC0415  (loads aiohttp)

        return DecisionEndpoint(
            settings.url,
            api_key=environment.secret(settings.api_key_env, model="routing.adviser"),
            clearance=Sensitivity.parse(settings.clearance),
            cloud=settings.placement == "cloud",
            usd_per_call=settings.usd_per_call,
            timeouts=Timeouts(
                connect_s=settings.timeout_s, first_token_s=settings.timeout_s, total_s=settings.timeout_s
            ),
        )
    if settings.model not in cards:
        known = f"Known: {', '.join(cards)}."
        raise SettingsError(f"no model {settings.model!r}", key="routing.adviser.model", mend=known)
    if settings.kind == "generative":
        from coreagent.routing.advisors.generative import GenerativeAdviser  # noqa: PLC0415  (of no use without one)

        return GenerativeAdviser(cards[settings.model], descriptions=settings.descriptions)
    from coreagent.routing.advisors.instructions import InstructionAdviser  # noqa: PLC0415  (of no use without one)

    return InstructionAdviser(
        cards[settings.model],
        embedder=embedder(),
        examples=_examples(base / Path(settings.examples).expanduser()),
        local=trained,
    )


def _examples(path: Path) -> Mapping[str, tuple[str, ...]]:
    """Prompts that each model does well, from a JSON object ``{model: [prompt, ...]}``."""
    key, mend = "routing.adviser.examples", 'A JSON object: {"MODEL": ["a prompt it does well", ...]}.'
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        return {str(model): tuple(str(prompt) for prompt in prompts) for model, prompts in read.items()}
    except OSError as error:
        raise SettingsError(f"{path} can not be read: {error.strerror}", key=key, mend=mend) from error
    except (ValueError, AttributeError, TypeError) as error:
        raise SettingsError(f"{path} holds no prompts by model", key=key, mend=mend) from error
