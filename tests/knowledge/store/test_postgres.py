"""What goes wrong with a server, and what the user is told."""

import sys
from pathlib import Path

import psycopg
import pytest

from coreagent.errors import KnowledgeError
from coreagent.knowledge.store.opening import open_store
from coreagent.labels import Sensitivity
from coreagent.models.embedding import EmbedderIdentity

EMBEDDER = EmbedderIdentity("words", 4, "digest")
NOWHERE = Path("unused.sqlite3")


def test_a_wrong_password_is_said(postgres_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "wrong-one")
    with pytest.raises(KnowledgeError, match="password") as caught:
        open_store(NOWHERE, postgres_address)
    assert "PGPASSWORD" in caught.value.mend
    assert "wrong-one" not in str(caught.value)


def test_a_missing_database_is_said(postgres_address: str) -> None:
    with pytest.raises(KnowledgeError, match="does not exist") as caught:
        open_store(NOWHERE, postgres_address.replace("@/postgres", "@/none"))
    assert "createdb" in caught.value.mend


def test_a_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="no connection") as caught:
        open_store(NOWHERE, f"postgresql://someone@/name?host={tmp_path}")
    assert "server runs" in caught.value.mend
    assert "someone" not in caught.value.message.split(":")[0]


def test_a_missing_driver_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "coreagent.knowledge.store.postgres", None)
    with pytest.raises(KnowledgeError, match="driver") as caught:
        open_store(NOWHERE, "postgresql://h/n")
    assert "coreagent[postgres]" in caught.value.mend


def test_a_lost_connection_fails_once_and_is_made_anew(postgres_address: str) -> None:
    store = open_store(NOWHERE, postgres_address)
    with psycopg.connect(postgres_address, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'coreagent'")
    with pytest.raises(KnowledgeError, match="no connection"):
        store.create("mine", label=Sensitivity.PUBLIC, embedder=EMBEDDER)
    assert store.create("mine", label=Sensitivity.PUBLIC, embedder=EMBEDDER).name == "mine"
    store.close()


def test_tables_of_a_newer_version_are_left_alone(postgres_address: str) -> None:
    open_store(NOWHERE, postgres_address).close()
    with psycopg.connect(postgres_address, autocommit=True) as other:
        other.execute("UPDATE coreagent.schema_version SET version = 99")
    with pytest.raises(KnowledgeError, match="newer version"):
        open_store(NOWHERE, postgres_address)


def test_a_user_who_may_only_read_can_read(postgres_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = open_store(NOWHERE, postgres_address)
    writer.create("mine", label=Sensitivity.PUBLIC, embedder=EMBEDDER)
    writer.close()
    with psycopg.connect(postgres_address, autocommit=True) as other:
        other.execute("CREATE ROLE reader LOGIN PASSWORD 'read'")
        other.execute("GRANT USAGE ON SCHEMA coreagent TO reader")
        other.execute("GRANT SELECT ON ALL TABLES IN SCHEMA coreagent TO reader")
    monkeypatch.setenv("PGPASSWORD", "read")
    reader = open_store(NOWHERE, postgres_address.replace("tester@", "reader@"))
    assert [row.name for row in reader.corpora()] == ["mine"]
    with pytest.raises(KnowledgeError, match="not allowed"):
        reader.remove("mine")
    reader.close()
