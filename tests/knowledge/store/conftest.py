"""A store of either kind: a SQLite file always, a PostgreSQL server of our own where its programs are present."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from coreagent.knowledge.store.opening import open_store
from coreagent.knowledge.store.store import Store

PASSWORD = "only-for-tests"


def _program(name: str) -> str:
    found = shutil.which(name)
    if found:
        return found
    return str(max(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), default=""))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a database on a server in a folder of its own."""
    initdb, postgres = _program("initdb"), _program("postgres")
    if not (initdb and postgres):
        pytest.skip("there is no PostgreSQL server on this machine")
    # A server refuses to run as root, and its socket's path has to be short.
    user: dict[str, Any] = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if user:
            shutil.chown(folder, "nobody", "nogroup")
        (folder / "password").write_text(PASSWORD)
        (folder / "password").chmod(0o644)
        subprocess.run(
            [
                initdb,
                "-D",
                str(folder / "data"),
                "-U",
                "tester",
                "--auth=scram-sha-256",
                f"--pwfile={folder / 'password'}",
            ]
            + ["--encoding=UTF8", "--locale=C", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=folder,
            **user,
        )
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [postgres, "-D", folder / "data", "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"],
                stdout=log,
                stderr=log,
                cwd=folder,
                **user,
            )
        try:
            yield _waited_for(f"postgresql://tester@/postgres?host={folder}", folder, server)
        finally:
            server.send_signal(signal.SIGQUIT)  # At once: nothing in it is kept.
            server.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _waited_for(address: str, folder: Path, server: "subprocess.Popen[Any]") -> str:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(address, password=PASSWORD).close()
        except psycopg.OperationalError:
            assert server.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.05)
        else:
            return address


@pytest.fixture
def postgres_address(postgres_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The database, with nothing of ours in it."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS coreagent CASCADE")
    return postgres_server


Opener = Callable[[], Store]


@pytest.fixture(params=["sqlite", "postgres"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Opens the same database each time it is called; all are closed afterwards."""
    address = request.getfixturevalue("postgres_address") if request.param == "postgres" else ""
    opened: list[Store] = []

    def make() -> Store:
        opened.append(open_store(tmp_path / "corpora.sqlite3", address))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def store(opener: Opener) -> Store:
    return opener()
