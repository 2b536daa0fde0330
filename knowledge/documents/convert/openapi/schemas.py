"""Schemas of an API description as words and tables. References keep their names and are not unfolded."""

from collections.abc import Iterator, Mapping, Sequence

from coreagent.knowledge.documents.convert import tables
from coreagent.knowledge.documents.convert.openapi.yaml_tree import Node

_DEPTH = 3
"""How deep a schema without a name of its own is spelled out."""
_MANY = 60
"""Values of an enumeration that are listed inside a table cell."""
_COMBINED = ("allOf", "oneOf", "anyOf")
_LIMITS = (
    *("pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength"),
    *("multipleOf", "default", "const"),
)


def mapping(node: Node) -> Mapping[str, Node]:
    """The node if it is a mapping, else an empty one."""
    return node if isinstance(node, dict) else {}


def sequence(node: Node) -> Sequence[Node]:
    """The node if it is a list, else an empty one."""
    return node if isinstance(node, list) else ()


def text_of(node: Mapping[str, Node], key: str) -> str:
    """A scalar's text, or an empty string."""
    value = node.get(key, "")
    return value if isinstance(value, str) else ""


def type_words(schema: Node, depth: int = _DEPTH) -> str:
    """A schema in a few words: "NFProfile", "array of string (1..N)", "object {a: string}"."""
    found = mapping(schema)
    reference = text_of(found, "$ref")
    if reference:
        return _reference(reference)
    for how in _COMBINED:
        parts = [type_words(part, depth - 1) for part in sequence(found.get(how, ""))] if depth else []
        if len(parts) == 1:
            return parts[0]
        if parts:
            return f"{how} ({', '.join(parts)})"
    kind = found.get("type", "")
    words = " or ".join(part for part in kind if isinstance(part, str)) if isinstance(kind, list) else str(kind or "")
    if words == "array" or "items" in found:
        least, most = text_of(found, "minItems"), text_of(found, "maxItems")
        count = f" ({least or '0'}..{most or 'N'})" if least or most else ""
        return f"array of {type_words(found.get('items', ''), depth - 1) if depth else '...'}{count}"
    extra = found.get("additionalProperties", "")
    if isinstance(extra, dict) and extra and depth:
        return f"map of {type_words(extra, depth - 1)}"
    properties = mapping(found.get("properties", ""))
    if properties and depth:
        inner = ", ".join(f"{name}: {type_words(value, depth - 1)}" for name, value in list(properties.items())[:_MANY])
        return f"object {{{inner}}}"
    return words + (f" ({text_of(found, 'format')})" if text_of(found, "format") else "")


def schema_clause(name: str, schema: Node) -> Iterator[str]:
    """A heading, the description, the values, and the table of properties of one named schema."""
    found = mapping(schema)
    yield tables.heading(2, f"Schema {name}")
    yield tables.prose(text_of(found, "description"))
    for how in _COMBINED:
        parts = [mapping(part) for part in sequence(found.get(how, ""))]
        words = [type_words(dict(part)) for part in parts if not part.get("properties") and not part.get("enum")]
        words = [word for word in words if word]
        yield f"{how}: {', '.join(words)}" if words else ""
    if not any(how in found for how in (*_COMBINED, "properties", "enum")):
        limits = _limits(found)
        yield f"Type: {type_words(schema)}{f' ({limits})' if limits else ''}" if type_words(schema) else ""
    yield _values(found)
    yield _properties(found)
    for how in _COMBINED:
        for part in sequence(found.get(how, "")):
            yield _values(mapping(part))
            yield _properties(mapping(part))
    chosen = mapping(found.get("discriminator", ""))
    yield f"Discriminator: {text_of(chosen, 'propertyName')}" if text_of(chosen, "propertyName") else ""


def _reference(reference: str) -> str:
    """``NFProfile``, or ``NfInstanceId (TS29571_CommonData.yaml)`` for a schema of another file."""
    file, _, inner = reference.partition("#")
    name = inner.rsplit("/", 1)[-1]
    return f"{name} ({file})" if name and file else name or file


def _values(schema: Mapping[str, Node]) -> str:
    values = [value for value in sequence(schema.get("enum", "")) if isinstance(value, str)]
    return "Values:\n" + "\n".join(f"- `{value}`" for value in values) if values else ""


def _limits(schema: Mapping[str, Node]) -> str:
    found = [f"{key} {text_of(schema, key)}" for key in _LIMITS if text_of(schema, key)]
    values = [value for value in sequence(schema.get("enum", "")) if isinstance(value, str)]
    if values:
        more = f" and {len(values) - _MANY} more" if len(values) > _MANY else ""
        found.append(f"one of {', '.join(values[:_MANY])}{more}")
    flags = [flag for flag in ("readOnly", "writeOnly", "nullable", "deprecated") if text_of(schema, flag) == "true"]
    return "; ".join([*found, *flags])


def _properties(schema: Mapping[str, Node]) -> str:
    required = set(map(str, sequence(schema.get("required", ""))))
    rows = [("Property", "Type", "Required", "Description")]
    for name, value in mapping(schema.get("properties", "")).items():
        found = mapping(value)
        described = " ".join(filter(None, (text_of(found, "description").strip(), _limits(found))))
        rows.append((name, type_words(value), "yes" if name in required else "no", described))
    return tables.table(rows, caption="Properties") if len(rows) > 1 else ""
