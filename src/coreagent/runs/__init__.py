"""The run store: what every run did, and the journal that keeps a write from being done twice."""

from coreagent.runs.journal import Journal, JournalEntry, JournalState
from coreagent.runs.store import RunState, RunStore, StoredEvent, StoredRun

__all__ = ["Journal", "JournalEntry", "JournalState", "RunState", "RunStore", "StoredEvent", "StoredRun"]
