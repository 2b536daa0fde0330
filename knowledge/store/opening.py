"""Where the corpora are kept, as the settings say: a SQLite file, or a PostgreSQL database."""

from pathlib import Path

from coreagent.errors import KnowledgeError
from coreagent.knowledge.store.store import Store


def open_store(path: Path, address: str, *, write: bool = True) -> Store:
    """The store at the ``postgresql://`` address; in the file when there is no address.

    Raises:
        KnowledgeError: it can not be opened or reached, or the package for PostgreSQL is not installed.
    """
    if not address:
        return Store.open(path, write=write)
    try:
        from coreagent.knowledge.store.postgres import PostgresDatabase  # noqa: PLC0415 - an extra, and 0.2 s
    except ImportError as error:
        raise KnowledgeError(
            "PostgreSQL is asked for, and its driver is not installed", mend="Run: pip install 'coreagent[postgres]'"
        ) from error
    return Store(PostgresDatabase(address))
