"""Which models their servers hold in memory just now, as far as their calls tell.

For servers that load a model when it is asked and drop it when it is idle or another needs the room (Ollama, LoRA
adapters in vLLM). It is an estimate: who else asks the same server is not seen. A server is taken to drop the model
that was used longest ago, as these do, and never one that is answering.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from coreagent.errors import ModelUnreachableError
from coreagent.settings import ModelSettings

ResidencyState = Literal["cold", "loading", "warm"]


class LoadTimes(Protocol):
    """What a router asks: how much later an answer comes because its model must be loaded first."""

    def extra_latency_s(self, model: str) -> float:
        """Seconds on top of the model's own latency; 0 for one that is there, or is not known."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Where an on-demand model is served. ``keep_alive_s`` None: never dropped for being idle; ``slots`` None: room."""

    addresses: tuple[str, ...]
    load_s: float
    keep_alive_s: float | None = None
    slots: int | None = None


def homes_from_settings(models: Mapping[str, ModelSettings]) -> dict[str, Home]:
    """The on-demand models of the settings. One without an address has its provider as one of its own."""
    return {
        name: Home(
            addresses=tuple(address.rstrip("/") for address in model.addresses) or (name,),
            load_s=model.load_s or 0.0,
            keep_alive_s=model.keep_alive_s,
            slots=model.slots,
        )
        for name, model in models.items()
        if model.warm == "on_demand"
    }


@dataclass(slots=True)
class _Stay:
    """One model in one server. ``loading_since`` is None once it has answered; ``busy`` counts calls under way."""

    used_at: float
    loading_since: float | None
    busy: int = 0


@dataclass(slots=True)
class _Server:
    """Stays in order of their last use, oldest first."""

    slots: int | None = None
    stays: dict[str, _Stay] = field(default_factory=dict[str, _Stay])


class Residency:
    """The state of every on-demand model; all others are always warm. Not safe across threads."""

    def __init__(self, homes: Mapping[str, Home], *, now: Callable[[], float] = time.monotonic) -> None:
        """Everything is cold at first. ``homes`` are the on-demand models by name."""
        self._homes = dict(homes)
        self._now = now
        self._servers: dict[str, _Server] = {}
        for home in homes.values():
            for address in home.addresses:
                server = self._servers.setdefault(address, _Server())
                stated = [slots for slots in (server.slots, home.slots) if slots is not None]
                server.slots = min(stated, default=None)

    def state(self, model: str) -> ResidencyState:
        """The warmest state among its addresses."""
        home = self._homes.get(model)
        if home is None:
            return "warm"
        states = {self.state_at(model, address) for address in home.addresses}
        return "warm" if "warm" in states else "loading" if "loading" in states else "cold"

    def state_at(self, model: str, address: str) -> ResidencyState:
        """The state in one server; warm for a model that is not loaded on demand."""
        if model not in self._homes:
            return "warm"
        stay = self._stays(address).get(model)
        if stay is None:
            return "cold"
        return "warm" if stay.loading_since is None else "loading"

    def extra_latency_s(self, model: str) -> float:
        """Seconds until it is loaded where it is soonest: ``load_s`` when cold, what is left of it when loading."""
        home = self._homes.get(model)
        if home is None:
            return 0.0
        return min(self._left_s(home, self._stays(address).get(model)) for address in home.addresses)

    def resident(self) -> tuple[str, ...]:
        """The on-demand models that are warm or loading somewhere, in the order of their last use."""
        used_at: dict[str, float] = {}
        for address in self._servers:
            for name, stay in self._stays(address).items():
                used_at[name] = max(used_at.get(name, stay.used_at), stay.used_at)
        return tuple(sorted(used_at, key=lambda name: used_at[name]))

    def server(self, model: str) -> str | None:
        """The address whose memory it shares with others, the first of several; None when it is always warm."""
        home = self._homes.get(model)
        return home.addresses[0] if home else None

    def fits(self, model: str, *, keep: Collection[str] = ()) -> bool:
        """True when loading it would push out no model that is answering, nor one of ``keep``, loaded yet or not."""
        home = self._homes.get(model)
        return home is None or all(self._fits_at(model, address, keep) for address in home.addresses)

    def begin(self, model: str, address: str) -> None:
        """A call goes to the server: it loads the model if need be, and may drop another for it."""
        if model not in self._homes:
            return
        stays, now = self._stays(address), self._now()
        stay = stays.pop(model, None) or _Stay(used_at=now, loading_since=now)
        slots = self._servers[address].slots
        for victim in _victims(stays, slots):
            del stays[victim]
        stays[model] = stay
        stay.busy += 1

    def loaded(self, model: str, address: str) -> None:
        """The first of its answer came."""
        stay = self._servers[address].stays.get(model) if model in self._homes else None
        if stay is not None:
            stay.loading_since = None

    def end(self, model: str, address: str, error: BaseException | None = None) -> None:
        """A call is over: with an answer, or with ``error``."""
        if model not in self._homes:
            return
        stays = self._servers[address].stays
        if isinstance(error, ModelUnreachableError):
            # A server that is gone holds nothing when it comes back.
            for name in [name for name, stay in stays.items() if not stay.busy]:
                del stays[name]
        stay = stays.get(model)
        if stay is None:
            return
        stay.busy = max(0, stay.busy - 1)
        stay.used_at = self._now()
        if error is None:
            stay.loading_since = None
        elif not stay.busy and (stay.loading_since is not None or isinstance(error, ModelUnreachableError)):
            del stays[model]

    def _stays(self, address: str) -> dict[str, _Stay]:
        """The stays in one server, without those whose time is up."""
        stays, now = self._servers[address].stays, self._now()
        for name, stay in list(stays.items()):
            keep_alive_s = self._homes[name].keep_alive_s
            if keep_alive_s is not None and not stay.busy and now - stay.used_at >= keep_alive_s:
                del stays[name]
        return stays

    def _left_s(self, home: Home, stay: _Stay | None) -> float:
        if stay is None:
            return home.load_s
        if stay.loading_since is None:
            return 0.0
        return max(0.0, home.load_s - (self._now() - stay.loading_since))

    def _fits_at(self, model: str, address: str, keep: Collection[str]) -> bool:
        stays = self._stays(address)
        slots = self._servers[address].slots
        if model in stays or slots is None:
            return True
        coming = [name for name in keep if name not in stays and address in self._addresses(name) and name != model]
        full = stays | {name: _Stay(used_at=self._now(), loading_since=None, busy=1) for name in coming}
        return not any(full[name].busy or name in keep for name in _victims(full, slots))

    def _addresses(self, model: str) -> tuple[str, ...]:
        home = self._homes.get(model)
        return home.addresses if home else ()


def _victims(stays: Mapping[str, _Stay], slots: int | None) -> list[str]:
    """Who must go for one more: the idle ones first, of those who were used longest ago."""
    if slots is None or len(stays) < slots:
        return []
    order = sorted(stays, key=lambda name: stays[name].busy > 0)
    return order[: len(stays) + 1 - slots]
