"""The written examples, domain words and acronyms of ``exemplars.toml``, read once."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from coreagent.models.builtin.words import acronyms, vocabulary


@dataclass(frozen=True, slots=True)
class Wording:
    """``intents``: examples by kind of request. ``domains``: words by domain. ``acronyms``: upper case to words."""

    intents: Mapping[str, tuple[str, ...]]
    domains: Mapping[str, frozenset[str]]
    acronyms: Mapping[str, str]


@cache
def wording() -> Wording:
    """Read the file that ships with the package."""
    text = resources.files("coreagent.models.builtin").joinpath("exemplars.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    return Wording(
        {kind: tuple(examples) for kind, examples in data["intents"].items()},
        {domain: frozenset(vocabulary(words)) for domain, words in data["domains"].items()},
        dict(data["acronyms"]),
    )


def acronym_table() -> Mapping[str, str]:
    """Acronyms in upper case to their words."""
    return wording().acronyms


def domain_of(text: str) -> str:
    """The domain most of whose words the text uses; empty when it uses none."""
    present = vocabulary(text[:5_000])
    named = {name.lower() for name in acronyms(text[:5_000])}
    counts = {domain: len(present & words) + 2 * len(named & words) for domain, words in wording().domains.items()}
    best = max(counts, key=lambda domain: counts[domain])
    return best if counts[best] else ""
