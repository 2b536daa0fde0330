"""A store of either kind: a SQLite file always, a PostgreSQL server of our own where its programs are present."""

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from coreagent.knowledge.store.opening import open_store
from coreagent.knowledge.store.store import Store

PASSWORD = "only-for-tests"
_numbers = itertools.count()


def _program(name: str) -> str:
    found = shutil.which(name)
    if found:
        return found
    return str(max(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), default=""))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Callable[[str], str]]:
    """The address of a new, empty database, by name, on a server in a folder of its own."""
    initdb, postgres = _program("initdb"), _program("postgres")
    if not (initdb and postgres):
        pytest.skip("there is no PostgreSQL server on this machine")
    # A server refuses to run as root, and its socket's path has to be short.
    user = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if user:
            shutil.chown(folder, "nobody", "nogroup")
        (folder / "password").write_text(PASSWORD)
        (folder / "password").chmod(0o644)
        subprocess.run(
            [initdb, "-D", folder / "data", "-U", "tester", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}"]
            + ["--encoding=UTF8", "--locale=C", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=folder,
            **user,  # type: ignore[call-overload]
        )
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [postgres, "-D", folder / "data", "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"],
                stdout=log,
                stderr=log,
                cwd=folder,
                **user,  # type: ignore[call-overload]
            )
        try:
            yield _maker(folder, server)
        finally:
            server.send_signal(signal.SIGQUIT)  # At once: nothing in it is kept.
            server.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _maker(folder: Path, server: "subprocess.Popen[bytes]") -> Callable[[str], str]:
    def address(name: str) -> str:
        return f"postgresql://tester@/{name}?host={folder}"

    deadline = time.monotonic() + 30
    while True:
        try:
            connection = psycopg.connect(address("postgres"), password=PASSWORD, autocommit=True)
        except psycopg.OperationalError:
            assert server.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.05)
        else:
            connection.close()
            break

    def make(name: str) -> str:
        with psycopg.connect(address("postgres"), password=PASSWORD, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return address(name)

    return make


@pytest.fixture
def postgres_address(postgres_server: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    return postgres_server(f"t{next(_numbers)}")


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
