import datetime
import uuid
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.types import Interrupt, Send

from coreagent.agents.action import Proposal
from coreagent.events import PendingCall
from coreagent.graphs.checkpoints import serializer
from coreagent.graphs.state import RunOptions
from coreagent.labels import Label, Sensitivity

OPTIONS = RunOptions(run_id="r", label=Label(Sensitivity.INTERNAL))
PROPOSAL = Proposal(call_id="s1.1", subtask="s1", tool="t", arguments="{}", verdict="allow", reason="read")
PENDING = PendingCall(id="s1.1", tool="t", arguments="{}", effect="write", subtask="s1", reason="write")


@pytest.mark.parametrize(
    "value",
    [
        OPTIONS,
        {"proposals": {"a": PROPOSAL, "b": PROPOSAL}, 1: (PROPOSAL, OPTIONS)},
        Send("act", {"options": OPTIONS, "proposal": PROPOSAL}),
        [Send("act", {"options": OPTIONS}, timeout=3.0)],
        Interrupt(value=PENDING, id="i"),
        Sensitivity.CONFIDENTIAL,
        {"when": datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC), "id": uuid.UUID(int=7), "at": Path("/x")},
        {1, 2},
        "half a pair \ud800",
        b"bytes",
        None,
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_written_is_what_langgraph_would_write(value: Any) -> None:
    state = serializer()
    assert state.dumps_typed(value) == JsonPlusSerializer.dumps_typed(state, value)


def test_what_is_written_is_read_back() -> None:
    state = serializer()
    sent = {"options": OPTIONS, "proposals": {"s1.1": PROPOSAL}}
    assert state.loads_typed(state.dumps_typed(sent)) == sent


def test_what_nothing_can_write_is_refused() -> None:
    with pytest.raises(TypeError):
        serializer().dumps_typed({"stream": object()})
