"""The built-in guard: a logistic function over signs that a person can read. It explains what it says.

It knows what attacks look like that speak of the system, its rules and its secrets. It can not know that an ordinary
request is unwanted: attacks of that kind, such as those that ride in retrieved text, are stopped by structure alone
(data is never an instruction, labels, the gate before tools).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from coreagent.agents.guard.features import FEATURES, signs
from coreagent.artefacts import load_artefact
from coreagent.errors import SettingsError

KIND, VERSION = "guard", 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedGuard:
    """``weights`` by sign, and ``bias``; ``fitted_on`` are fingerprints of the prompts they were fitted on."""

    weights: Mapping[str, float]
    bias: float
    fitted_on: frozenset[str] = frozenset()

    @classmethod
    def load(cls, path: Path) -> "FittedGuard":
        """Read one that was fitted.

        Raises:
            SettingsError: no such file, or one for other signs than this package looks for.
        """
        artefact = load_artefact(path, kind=KIND, version=VERSION)
        values = artefact.arrays.get("weights")
        if artefact.head.features != FEATURES or values is None or values.shape != (len(FEATURES) + 1,):
            raise SettingsError("was fitted on other signs", path=str(path), mend="Fit it again.")
        numbers: list[float] = values.tolist()
        return cls(weights=dict(zip(FEATURES, numbers, strict=False)), bias=numbers[-1], fitted_on=artefact.fitted_on)

    def risk(self, text: str) -> float:
        """The chance in 0..1 that the text means harm."""
        total = self.bias + sum(self.weights[name] * strength for name, strength in signs(text).items())
        return 1 / (1 + math.exp(-total))

    def why(self, text: str) -> tuple[str, ...]:
        """The signs that speak for harm, the weightiest first."""
        spoken = {name: self.weights[name] * strength for name, strength in signs(text).items()}
        return tuple(sorted((name for name, weight in spoken.items() if weight > 0), key=lambda name: -spoken[name]))


@cache
def bundled_guard() -> FittedGuard:
    """The guard in the package; read once, when first asked for."""
    with resources.as_file(resources.files("coreagent.agents.guard").joinpath("bundled", "guard.npz")) as path:
        return FittedGuard.load(path)
