from pathlib import Path

import pytest

from coreagent.errors import SettingsError
from coreagent.tools.load import load_tools

MINE = '''
from coreagent import tool

@tool(effect="write")
def set_tilt(cell: str, degrees: float) -> str:
    """Set the tilt of a cell."""
    return f"{cell} {degrees}"

@tool
def ping(host: str) -> str:
    """Ping a host."""
    return host

both = [set_tilt, ping]
number = 3
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(MINE, encoding="utf-8")
    (tmp_path / "broken.py").write_text("raise RuntimeError('no')", encoding="utf-8")
    return tmp_path


def test_one_tool_or_a_list_of_them_from_a_file(folder: Path) -> None:
    loaded = load_tools(["mine.py:set_tilt", "mine.py:both"], base=folder)
    assert [tool.info.name for tool in loaded] == ["set_tilt", "set_tilt", "ping"]


def test_a_tool_from_an_installed_module(folder: Path) -> None:
    (tool,) = load_tools(["coreagent.tools.nr_arfcn:nr_arfcn"], base=folder)
    assert tool.info.name == "nr_arfcn"


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("mine.py", "not of the form"),
        ("mine.py:", "not of the form"),
        ("mine.py:number", "is no tool"),
        ("mine.py:missing", "is no tool"),
        ("nowhere.py:x", "can not be imported: FileNotFoundError"),
        ("no.such.module:x", "can not be imported: ModuleNotFoundError"),
        ("broken.py:x", "can not be imported: RuntimeError: no"),
    ],
)
def test_what_is_wrong_is_named(folder: Path, reference: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_tools([reference], base=folder)
    assert words in str(caught.value)
    assert "agent.tools" in str(caught.value)
