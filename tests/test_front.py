"""The front door for Python."""

from pathlib import Path
from typing import Any

import pytest
from tests.graphs.scripts import call, plan, verdict

from coreagent import ApprovalNeeded, CoreAgent, RunStarted, tool
from coreagent.errors import SettingsError, UnknownNameError, UsageError
from coreagent.testing import ScriptedModel


@tool(effect="write")
def set_tilt(cell: str, degrees: float) -> str:
    """Set the tilt of a cell."""
    return f"Tilt of cell {cell} is {degrees:g} degrees."


def scripted() -> CoreAgent:
    models: dict[Any, Any] = {
        "planner": ScriptedModel([plan({"id": "s1", "tool": "set_tilt"}, form="action")]),
        "caller": ScriptedModel([call("set_tilt", cell="33", degrees=4)]),
        "summarizer": ScriptedModel(["Done [1]."]),
        "verifier": ScriptedModel([verdict()]),
    }
    return CoreAgent(models=models, tools=[set_tilt])


def test_a_script_asks_twice_over_one_loop() -> None:
    agent = CoreAgent()
    first = agent.ask_sync("What is 20 dBm in mW?")
    second = agent.ask_sync("What is 30 dBm in W?")
    agent.close_sync()
    agent.close_sync()
    assert "100" in first.text and "1" in second.text
    assert first.run_id != second.run_id


def test_a_script_hears_events_and_approves() -> None:
    agent = scripted()
    seen: list[str] = []
    for event in agent.each(agent.stream("Set the tilt of cell 33 to 4 degrees")):
        seen.append(type(event).__name__)
        if isinstance(event, ApprovalNeeded):
            agent.wait(agent.approve(event.call.id))
    agent.close_sync()
    assert seen[0] == "RunStarted" and seen[-1] == "RunFinished"
    assert "ApprovalGiven" in seen


def test_a_script_that_stops_listening_leaves_an_interrupted_run() -> None:
    agent = scripted()
    for event in agent.each(agent.stream("Set the tilt of cell 33 to 4 degrees")):
        assert isinstance(event, RunStarted)
        break
    assert agent.system.store.get("last").status == "interrupted"
    agent.close_sync()


async def test_inside_a_loop_the_sync_door_says_what_to_do() -> None:
    async with CoreAgent() as agent:
        with pytest.raises(UsageError, match="running event loop"):
            agent.ask_sync("q")


async def test_the_settings_file_names_tools_relative_to_itself(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        'from coreagent import tool\n\n@tool\ndef ping(host: str) -> str:\n    """Ping a host."""\n    return host\n',
        encoding="utf-8",
    )
    config = tmp_path / "coreagent.toml"
    config.write_text('[agent]\ntools = ["mine.py:ping"]\n', encoding="utf-8")
    async with CoreAgent.from_file(config) as agent:
        assert "ping" in agent.system.tools.names


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ('[security]\nallow = ["nope"]', "no tool 'nope'"),
        ('[routing]\npolicy = "fixed"\nfixed = { planner = "gpt-9" }', "no model 'gpt-9'"),
        ('[models."a/b"]\nprice = "free"', "has no base_url"),
    ],
)
async def test_settings_that_name_what_is_not_there(tmp_path: Path, settings: str, words: str) -> None:
    config = tmp_path / "coreagent.toml"
    config.write_text(settings, encoding="utf-8")
    async with CoreAgent.from_file(config) as agent:
        with pytest.raises(SettingsError) as caught:
            agent.system.registry.get("a/b")
    assert words in str(caught.value)


async def test_unknown_names_are_refused_before_anything_runs() -> None:
    models: Any = {"summariser": ScriptedModel([])}
    with pytest.raises(UnknownNameError, match="did you mean summarizer"):
        CoreAgent(models=models)
    async with CoreAgent() as agent:
        with pytest.raises(UnknownNameError, match="unknown model 'gpt-9'"):
            await agent.ask("q", models={"planner": "gpt-9"})
        with pytest.raises(UnknownNameError, match="unknown corpus 'nope'"):
            await agent.ask("q", corpora=["nope"])
        assert agent.system.store.list() == ()
