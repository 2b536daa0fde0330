"""A store of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conversations.making import Clock

from coreagent.conversations.store import ConversationStore


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "conversations.sqlite"


@pytest.fixture
def store(path: Path, clock: Clock) -> Iterator[ConversationStore]:
    with ConversationStore(path, now=clock) as opened:
        yield opened
