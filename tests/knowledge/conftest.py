from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coreagent.knowledge.library import Library
from coreagent.settings import KnowledgeSettings
from coreagent.testing.hash_embedder import HashEmbedder

A1 = """---
title: A1 interface
aliases: [A1-P]
---
# A1 interface

## Policies

The non-RT RIC sends A1 policies to the near-RT RIC.

## Transport

A1 runs over HTTP with JSON bodies.
"""
OSPF = """Open Shortest Path First
========================

Areas
-----

Area 0 is the backbone of an OSPF network.

Designated router
-----------------

The router with the highest priority becomes the designated router.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a1.md").write_text(A1, encoding="utf-8")
    (docs / "ospf.rst").write_text(OSPF, encoding="utf-8")
    return docs


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    made = Library(tmp_path / "home", HashEmbedder(), KnowledgeSettings())
    yield made
    made.close()


@pytest.fixture(autouse=True)
def libraries_are_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close what a test opened and left: an open file is a warning, and warnings are errors."""
    opened: list[Library] = []
    make = Library.__init__

    def noting(self: Library, *arguments: Any, **named: Any) -> None:
        make(self, *arguments, **named)
        opened.append(self)

    monkeypatch.setattr(Library, "__init__", noting)
    yield
    for made in opened:
        made.close()
