"""The run store: what every run did, and the journal that keeps a write from being done twice.

Names are loaded when they are first used: what only needs the files of this room does not load the events.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coreagent.runs.journal import Journal, JournalEntry, JournalState
    from coreagent.runs.records import RunState, StoredEvent, StoredRun
    from coreagent.runs.store import RunStore

_HOMES = {
    "coreagent.runs.journal": ("Journal", "JournalEntry", "JournalState"),
    "coreagent.runs.records": ("RunState", "StoredEvent", "StoredRun"),
    "coreagent.runs.store": ("RunStore",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = ["Journal", "JournalEntry", "JournalState", "RunState", "RunStore", "StoredEvent", "StoredRun"]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'coreagent.runs' has no attribute {name!r}")
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value
