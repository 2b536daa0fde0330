"""What holds for every test: no network, and a home of its own."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_LOOPBACK = ("127.", "::1", "localhost")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections leave this machine for no test; loopback is allowed."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        host = str(address[0]) if self.family in (socket.AF_INET, socket.AF_INET6) else "localhost"
        if not host.startswith(_LOOPBACK):
            raise AssertionError(f"a test tried to connect to {address!r}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Corpora, runs and memory of a test are its own, and so is the folder where settings are looked for."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("COREAGENT_HOME", str(home))
    monkeypatch.delenv("COREAGENT_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path_factory.mktemp("work"))
    yield home
