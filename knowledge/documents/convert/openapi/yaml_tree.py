"""YAML and JSON as plain trees of dicts, lists and strings, safe to read from strangers.

Every scalar stays the text that was written ("1.10", "yes"). Aliases share what they name, and are refused when they
would unfold to more than a limit ("billion laughs"); merge keys (``<<``) are carried out.
"""

import json
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

import yaml

MAX_NODES = 3_000_000
"""Nodes of the tree with all aliases unfolded."""
_MAX_DEPTH = 200

Node: TypeAlias = "dict[str, Node] | list[Node] | str"

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class TreeError(ValueError):
    """Text that is no YAML or JSON."""


class TreeTooLargeError(TreeError):
    """A tree that is nested too deep, or unfolds to too many nodes."""


@dataclass(slots=True)
class _Open:
    """A collection that is being read. ``size`` counts its nodes, aliases unfolded; ``key`` waits for its value."""

    node: "dict[str, Node] | list[Node]"
    anchor: str | None
    size: int = 1
    key: str | None = None
    merges: "list[Node]" = field(default_factory=list["Node"])


def parse_tree(text: str) -> Node:
    """The first document of a YAML or JSON text.

    Raises:
        TreeError: it can not be parsed.
        TreeTooLargeError: it is nested deeper than 200, or unfolds to more than ``MAX_NODES`` nodes.
    """
    if text.lstrip()[:1] in ("{", "["):
        try:
            return _as_text(json.loads(text))
        except (json.JSONDecodeError, RecursionError):
            pass  # flow style YAML looks the same
    try:
        return _compose(text)
    except yaml.YAMLError as error:
        raise TreeError(" ".join(str(error).split())) from error


def _as_text(value: Any) -> Node:
    """Values of JSON with each scalar as it would be written."""
    if isinstance(value, dict):
        return {key: _as_text(item) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_as_text(item) for item in cast("list[object]", value)]
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _compose(text: str) -> Node:
    stack: list[_Open] = []
    named: dict[str, tuple[Node, int]] = {}
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.ScalarEvent):
            node: Node = str(event.value)
            size = 1
            if event.anchor:
                named[event.anchor] = (node, 1)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in named:
                raise TreeError(f"the alias *{event.anchor} names nothing that is complete")
            node, size = named[event.anchor]
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            stack.append(_Open({} if isinstance(event, yaml.MappingStartEvent) else [], event.anchor))
            if len(stack) > _MAX_DEPTH:
                raise TreeTooLargeError(f"nested deeper than {_MAX_DEPTH}")
            continue
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            done = stack.pop()
            _merge(done)
            node, size = done.node, done.size
            if done.anchor:
                named[done.anchor] = (node, size)
        else:
            continue
        if not stack:
            return node
        _put(stack[-1], node, size)
    return ""


def _put(parent: _Open, node: Node, size: int) -> None:
    parent.size += size
    if parent.size > MAX_NODES:
        raise TreeTooLargeError(f"its aliases unfold to more than {MAX_NODES:,} nodes")
    if isinstance(parent.node, list):
        parent.node.append(node)
    elif parent.key is None:
        parent.key = node if isinstance(node, str) else ""
    else:
        if parent.key == "<<":
            parent.merges += node if isinstance(node, list) else [node]
        else:
            parent.node[parent.key] = node
        parent.key = None


def _merge(done: _Open) -> None:
    for source in done.merges:
        if isinstance(source, dict) and isinstance(done.node, dict):
            for key, value in source.items():
                done.node.setdefault(key, value)
