"""Importing the package costs almost nothing, loads nothing heavy and touches no network."""

import json
import subprocess
import sys

import pytest

import coreagent

HEAVY = (
    "aiohttp", "bm25s", "chromadb", "click", "langchain_core", "langgraph", "litellm", "model2vec", "numpy",
    "opentelemetry", "pint", "pydantic", "ray", "rich", "scipy", "textual", "tokenizers",
)  # fmt: skip

_WATCH = """
import json, sys
asked = []
NETWORK = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.connect", "socket.sendto")
sys.addaudithook(lambda name, args: asked.append(name) if name in NETWORK else None)
{code}
print(json.dumps([sorted(name for name in sys.modules if "." not in name), asked]))
"""


def watched(code: str) -> tuple[list[str], list[str]]:
    """Top-level modules loaded and look-ups and connections made by ``code`` in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", _WATCH.format(code=code)], capture_output=True, text=True, check=True, timeout=60
    )
    modules, events = json.loads(done.stdout.splitlines()[-1])
    return modules, events


def test_import_loads_nothing_heavy_and_resolves_no_host() -> None:
    modules, events = watched("import coreagent")
    assert not set(HEAVY) & set(modules)
    assert events == []


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("from coreagent import Answer, Budget, tool", {"pydantic"}),
        # What langgraph itself loads, and the static embedder; no adapter, no vector store, no terminal app.
        (
            "import coreagent.front",
            set(HEAVY) - {"aiohttp", "chromadb", "litellm", "model2vec", "pint", "ray", "scipy", "textual"},
        ),
    ],
)
def test_heavier_names_load_what_they_need_and_no_more(code: str, allowed: set[str]) -> None:
    modules, events = watched(code)
    assert set(HEAVY) & set(modules) <= allowed
    assert events == []


def test_everything_public_is_exported_sorted_and_there() -> None:
    assert coreagent.__all__ == sorted(coreagent.__all__, key=lambda name: (name.lower() == name, name))
    for name in coreagent.__all__:
        assert getattr(coreagent, name).__name__ if name != "Event" else coreagent.Event
    assert set(coreagent.__all__) <= set(dir(coreagent))
    with pytest.raises(AttributeError, match="has no attribute 'CoreAgnt'"):
        coreagent.CoreAgnt  # noqa: B018  (the access is the test)
