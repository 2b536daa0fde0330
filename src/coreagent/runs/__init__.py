"""The run store: what every run did, and the journal that keeps a write from being done twice."""

from coreagent.runs.journal import Journal, JournalEntry, JournalState
from coreagent.runs.records import RunState, StoredEvent, StoredRun
from coreagent.runs.store import RunStore

__all__ = ["Journal", "JournalEntry", "JournalState", "RunState", "RunStore", "StoredEvent", "StoredRun"]
