"""YANG modules to Markdown: a clause for each node that holds others, headed by its schema path; leaves as a list."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from coreagent.errors import DocumentError
from coreagent.knowledge.documents.convert import tables
from coreagent.knowledge.documents.convert.yang.tree import Statement, YangSyntaxError, parse_yang
from coreagent.knowledge.documents.decoding import decode
from coreagent.knowledge.documents.document import Conversion
from coreagent.knowledge.documents.front_matter import Meta

_CLAUSES = (
    *("container", "list", "grouping", "rpc", "action", "notification", "augment", "identity", "typedef"),
    *("feature", "extension", "deviation", "input", "output"),
)
_LEAVES = ("leaf", "leaf-list", "anydata", "anyxml")
_TRANSPARENT = ("choice", "case")
_LIMITS = ("range", "length", "pattern", "fraction-digits", "base", "path", "require-instance")
_SAID = ("key", "unique", "min-elements", "max-elements", "ordered-by", "presence", "status", "units", "default")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """``path`` of the node above; whether it is state (config false); the choice and case that it stands in."""

    path: str = ""
    state: bool = False
    case: str = ""


def convert(path: Path) -> Conversion:
    """Read one module or submodule; a file that is not YANG after all becomes plain text with a note.

    Raises:
        DocumentError: it can not be read, is binary, or holds nothing.
    """
    try:
        source = tables.clean(decode(path.read_bytes(), str(path)).text)
    except OSError as error:
        raise DocumentError(
            f"can not be read: {error.strerror}", path=str(path), mend="Check the path and its permissions."
        ) from error
    if not source.strip():
        raise DocumentError("the file is empty", path=str(path), mend="Remove it, or write something into it.")
    try:
        module = parse_yang(source)
    except YangSyntaxError as error:
        return Conversion(text=source, grammar="text", meta={"note": f"not read as YANG: {error}"})
    return Conversion(
        text=tables.document([*_head(module), *_body(module, _Place())]),
        grammar="markdown",
        title=f"{module.keyword} {module.argument}",
        meta=_meta(module),
    )


def _revisions(module: Statement) -> list[Statement]:
    return sorted(module.all("revision"), key=lambda revision: revision.argument, reverse=True)


def _meta(module: Statement) -> Meta:
    revisions = _revisions(module)
    meta = {
        "version": revisions[0].argument if revisions else "",
        "namespace": module.first("namespace"),
        "organization": tables.one_line(module.first("organization")),
    }
    return {key: value for key, value in meta.items() if value}


def _head(module: Statement) -> Iterator[str]:
    yield tables.heading(1, f"{module.keyword} {module.argument}")
    facts = [
        f"- {keyword}: {tables.one_line(child.argument)}"
        for keyword in ("namespace", "prefix", "yang-version", "belongs-to", "organization", "contact")
        for child in module.all(keyword)
    ]
    facts += [f"- {child.keyword}: {_source(child)}" for child in module.all("import", "include")]
    yield "\n".join(facts)
    yield tables.prose(module.first("description"))
    revisions = [f"- revision {r.argument}: {tables.one_line(r.first('description'))}" for r in _revisions(module)]
    yield "\n".join(revisions)


def _source(child: Statement) -> str:
    prefix, revision = child.first("prefix"), child.first("revision-date")
    return child.argument + (f" (prefix {prefix})" if prefix else "") + (f", revision {revision}" if revision else "")


def _body(node: Statement, place: _Place) -> Iterator[str]:
    """The leaves of a node as one list, then its clauses; in the order of the source otherwise."""
    clauses: list[tuple[Statement, _Place]] = []
    yield "\n".join(_items(node, place, clauses))
    for child, inner in clauses:
        yield from _clause(child, inner)


def _items(node: Statement, place: _Place, clauses: list[tuple[Statement, _Place]]) -> Iterator[str]:
    for child in node.children:
        if child.keyword in _LEAVES:
            yield from _leaf(child, place)
        elif child.keyword == "uses":
            yield f"- uses grouping `{child.argument}`{_conditions(child)}{_described(child)}"
            yield from _refinements(child)
        elif child.keyword in _TRANSPARENT:
            case = f"{place.case}, {child.keyword} {child.argument}".strip(", ")
            yield f"- {child.keyword} `{child.argument}`{_conditions(child)}{_described(child)}"
            yield from _items(child, _Place(path=place.path, state=_is_state(child, place), case=case), clauses)
        elif child.keyword in _CLAUSES:
            clauses.append((child, place))


def _clause(node: Statement, place: _Place) -> Iterator[str]:
    name = node.argument or node.keyword
    path = name if node.keyword in ("augment", "deviation") else f"{place.path}/{name}".strip("/")
    inner = _Place(path=path, state=_is_state(node, place))
    yield tables.heading(2, f"{node.keyword} {path}")
    yield tables.prose(node.first("description"))
    facts = [f"type {_type(kind)}" for kind in node.all("type")]
    facts += ["config false"] if inner.state and not place.state else []
    facts += [f"in {place.case}"] if place.case else []
    facts += [f"base {base.argument}" for base in node.all("base")]
    facts += [f"{said.keyword} {tables.one_line(said.argument)}" for said in node.all(*_SAID)]
    lines = [f"- {fact}" for fact in [*facts, *_constraints(node)]]
    lines += [line for kind in node.all("type") for line in _values(kind, "")]
    for change in node.all("deviate"):
        parts = (f"{part.keyword} {tables.one_line(part.argument)}" for part in change.children)
        lines.append(f"- deviate {change.argument}: {'; '.join(parts)}")
    lines += [f"- reference: {tables.one_line(node.first('reference'))}"] if node.first("reference") else []
    yield "\n".join(lines)
    yield from _body(node, inner)


def _is_state(node: Statement, place: _Place) -> bool:
    return place.state or node.first("config") == "false"


def _leaf(leaf: Statement, place: _Place) -> Iterator[str]:
    facts = [f"type {_type(kind)}" for kind in leaf.all("type")] or [leaf.keyword]
    if leaf.keyword == "leaf-list":
        facts.insert(0, "leaf-list")
    facts += ["config false"] if _is_state(leaf, place) else []
    facts += ["mandatory"] if leaf.first("mandatory") == "true" else []
    facts += [f"{said.keyword} {tables.one_line(said.argument)}" for said in leaf.all(*_SAID)]
    facts += [f"in {place.case}"] if place.case else []
    facts += _constraints(leaf)
    reference = tables.one_line(leaf.first("reference"))
    yield f"- `{leaf.argument}` ({', '.join(facts)}){_described(leaf)}{f' Reference: {reference}' if reference else ''}"
    for kind in leaf.all("type"):
        yield from _values(kind, "  ")


def _described(node: Statement) -> str:
    description = tables.one_line(node.first("description"))
    return f": {description}" if description else ""


def _constraints(node: Statement) -> list[str]:
    found: list[str] = []
    for said in node.all("when", "must", "if-feature"):
        reason = tables.one_line(said.first("error-message") or said.first("description"))
        found.append(f"{said.keyword} `{tables.one_line(said.argument)}`{f' ({reason})' if reason else ''}")
    return found


def _conditions(node: Statement) -> str:
    facts = _constraints(node)
    facts += ["mandatory"] if node.first("mandatory") == "true" else []
    facts += [f"default {node.first('default')}"] if node.first("default") else []
    return f" ({', '.join(facts)})" if facts else ""


def _type(kind: Statement) -> str:
    words = kind.argument
    if kind.argument == "union":
        words += " of " + ", ".join(_type(member) for member in kind.all("type"))
    limits = [f"{limit.keyword} {tables.one_line(limit.argument)}" for limit in kind.all(*_LIMITS)]
    return f"{words} [{'; '.join(limits)}]" if limits else words


def _values(kind: Statement, indent: str) -> Iterator[str]:
    """Enumerations and bits of a type, one a line."""
    for value in kind.all("enum", "bit"):
        number = value.first("value") or value.first("position")
        yield f"{indent}- {value.keyword} `{value.argument}`{f' ({number})' if number else ''}{_described(value)}"
    for member in kind.all("type"):
        yield from _values(member, indent)


def _refinements(uses: Statement) -> Iterator[str]:
    for change in uses.all("refine", "augment"):
        parts = (f"{part.keyword} {tables.one_line(part.argument)}" for part in change.children)
        yield f"  - {change.keyword} `{change.argument}`: {'; '.join(parts)}"
        for child in change.all(*_LEAVES):
            yield from _leaf(child, _Place())
