"""Rules of the house that no linter checks."""

import ast
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("agents", "evals", "graphs", "knowledge", "models", "routing", "tools", "tui")
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60


def sources() -> list[Path]:
    """Every source file once."""
    own = [path for path in (ROOT / "src" / "coreagent").rglob("*.py")]
    rooms = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    return sorted(set(own) | set(rooms))


def test_every_room_is_linked_into_the_package() -> None:
    for room in ROOMS:
        link = ROOT / "src" / "coreagent" / room
        assert link.is_dir(), (
            f"src/coreagent/{room} is not a link to ../../{room}: where git was told not to make links, run"
            " `git config core.symlinks true && git checkout -- src/coreagent`"
        )
        assert (link / "__init__.py").samefile(ROOT / room / "__init__.py")


def test_links_are_relative() -> None:
    for room in ROOMS:
        assert os.readlink(ROOT / "src" / "coreagent" / room) == f"../../{room}"


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_fit(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MAX_FILE_LINES, "a file of this length holds two concepts"
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "every module says what it is for"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            # What must fit a screen is what is done, not the arguments and their documentation.
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            lines = (node.end_lineno or node.lineno) - body[0].lineno + 1
            assert lines <= MAX_FUNCTION_LINES, f"{node.name} has {lines} lines"
