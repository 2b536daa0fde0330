"""OpenAPI 3.x and Swagger 2.0 to Markdown: a clause for each operation and each schema, with their tables."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from coreagent.errors import DocumentError
from coreagent.knowledge.documents.convert import tables
from coreagent.knowledge.documents.convert.openapi.schemas import mapping, schema_clause, sequence, text_of, type_words
from coreagent.knowledge.documents.convert.openapi.yaml_tree import Node, TreeError, TreeTooLargeError, parse_tree
from coreagent.knowledge.documents.decoding import decode
from coreagent.knowledge.documents.document import Conversion

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_MARK = re.compile(r"^['\"]?(?:openapi|swagger)['\"]?[ \t]*:[ \t]*['\"]?[23]", re.MULTILINE)
_JSON_MARK = re.compile(r"['\"]?(?:openapi|swagger)['\"]?\s*:\s*['\"]?[23]")
_SAMPLE = 200_000
_UNFOLDED = 50
"""Times its own size that a file may grow when shared parameters and responses are written out where they are used."""
_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//[^/]*|\{[^}/]*\}(?=/|\Z)", re.IGNORECASE)


def looks_like(text: str) -> bool:
    """Whether the text says that it is OpenAPI or Swagger."""
    mark = _JSON_MARK if text.lstrip()[:1] == "{" else _MARK
    return mark.search(text[:_SAMPLE]) is not None


def convert(path: Path) -> Conversion:
    """Read one API description; YAML or JSON of another kind becomes plain text.

    Raises:
        DocumentError: it can not be read, is binary or empty, or its aliases unfold without bound.
    """
    try:
        source = tables.clean(decode(path.read_bytes(), str(path)).text)
    except OSError as error:
        raise DocumentError(
            f"can not be read: {error.strerror}", path=str(path), mend="Check the path and its permissions."
        ) from error
    if not source.strip():
        raise DocumentError("the file is empty", path=str(path), mend="Remove it, or write something into it.")
    if not looks_like(source):
        return Conversion(text=source, grammar="text")
    try:
        api = mapping(parse_tree(source))
    except TreeTooLargeError as error:
        raise _refused(path, str(error)) from error
    except TreeError as error:
        return Conversion(text=source, grammar="text", meta={"note": f"not read as OpenAPI: {error}"})
    info = mapping(api.get("info", ""))
    if not info and "paths" not in api:
        return Conversion(text=source, grammar="text")
    title, version = text_of(info, "title") or path.stem, text_of(info, "version")
    blocks: list[str] = []
    left = _UNFOLDED * len(source) + _SAMPLE
    for block in chain(_head(api, info, title, version), _operations(api), _schemas(api)):
        blocks.append(block)
        left -= len(block)
        if left < 0:
            raise _refused(path, f"its references unfold to more than {_UNFOLDED} times its size")
    return Conversion(
        text=tables.document(blocks),
        grammar="markdown",
        title=title,
        meta={"version": version} if version else {},
    )


def _refused(path: Path, problem: str) -> DocumentError:
    return DocumentError(problem, path=str(path), mend="Write it without such aliases and references.")


def _head(api: Mapping[str, Node], info: Mapping[str, Node], title: str, version: str) -> Iterator[str]:
    yield tables.heading(1, title)
    yield f"Version {version}" if version else ""
    yield tables.prose(text_of(info, "description"))
    about = mapping(api.get("externalDocs", ""))
    yield tables.prose(" ".join(filter(None, (text_of(about, "description"), text_of(about, "url")))))
    servers = [text_of(mapping(server), "url") for server in sequence(api.get("servers", ""))]
    yield f"Servers: {', '.join(servers)}" if any(servers) else ""


def _operations(api: Mapping[str, Node]) -> Iterator[str]:
    for kind in ("paths", "webhooks"):
        for address, item in mapping(api.get(kind, "")).items():
            prefix = _prefix(api) if kind == "paths" else ""
            yield from _path_item(api, f"{prefix}{address}", mapping(item), level=2)


def _prefix(api: Mapping[str, Node]) -> str:
    """The part of the address that all operations share: the path of the first server, or Swagger's basePath."""
    servers = sequence(api.get("servers", ""))
    address = text_of(mapping(servers[0]), "url") if servers else text_of(api, "basePath")
    return _HOST.sub("", address, count=1).rstrip("/")


def _path_item(api: Mapping[str, Node], address: str, item: Mapping[str, Node], *, level: int) -> Iterator[str]:
    shared = sequence(item.get("parameters", ""))
    for method in _METHODS:
        if method in item:
            yield from _operation(api, f"{method.upper()} {address}", mapping(item[method]), shared, level=level)


def _operation(
    api: Mapping[str, Node], name: str, operation: Mapping[str, Node], shared: Sequence[Node], *, level: int
) -> Iterator[str]:
    identifier = text_of(operation, "operationId")
    yield tables.heading(level, f"{name} ({identifier})" if identifier else name)
    yield tables.prose(text_of(operation, "summary"))
    yield tables.prose(text_of(operation, "description"))
    tags = [tag for tag in sequence(operation.get("tags", "")) if isinstance(tag, str)]
    yield f"Tags: {', '.join(tags)}" if tags else ""
    yield "Deprecated." if text_of(operation, "deprecated") == "true" else ""
    parameters = [_resolved(api, parameter) for parameter in (*shared, *sequence(operation.get("parameters", "")))]
    yield _parameters([parameter for parameter in parameters if text_of(parameter, "in") != "body"])
    for parameter in parameters:
        if text_of(parameter, "in") == "body":
            yield f"Request body: `{type_words(parameter.get('schema', ''))}`"
    yield _request(api, operation.get("requestBody", ""))
    yield _responses(api, mapping(operation.get("responses", "")))
    for callback, addresses in mapping(operation.get("callbacks", "")).items():
        for address, item in _resolved(api, addresses).items():
            yield from _path_item(
                api, f"{address} (callback {callback} of {identifier})", mapping(item), level=level + 1
            )


def _resolved(api: Mapping[str, Node], node: Node) -> Mapping[str, Node]:
    """What a reference inside this file names; the reference itself where it names nothing here."""
    found = mapping(node)
    reference = text_of(found, "$ref")
    if not reference.startswith("#/"):
        return found
    target: Node = dict(api)
    for step in reference[2:].split("/"):
        target = mapping(target).get(step.replace("~1", "/").replace("~0", "~"), "")
    return mapping(target) or found


def _parameters(parameters: Sequence[Mapping[str, Node]]) -> str:
    rows = [("Parameter", "In", "Type", "Required", "Description")]
    for parameter in parameters:
        kind = parameter.get("schema", dict(parameter) if "type" in parameter else "")
        content = mapping(parameter.get("content", ""))
        words = type_words(kind) or ", ".join(type_words(mapping(c).get("schema", "")) for c in content.values())
        name = text_of(parameter, "name") or type_words(dict(parameter))
        required = "yes" if text_of(parameter, "required") == "true" else "no"
        rows.append((name, text_of(parameter, "in"), words, required, text_of(parameter, "description")))
    return tables.table(rows, caption="Parameters") if len(rows) > 1 else ""


def _content(node: Mapping[str, Node]) -> str:
    """Media types with their schemas."""
    if "schema" in node:
        return type_words(node["schema"])
    found = mapping(node.get("content", ""))
    return ", ".join(
        f"{media}: {type_words(mapping(body).get('schema', ''))}".rstrip(": ") for media, body in found.items()
    )


def _request(api: Mapping[str, Node], body: Node) -> str:
    found = _resolved(api, body)
    if not found:
        return ""
    words = _content(found) or type_words(dict(found))
    required = " (required)" if text_of(found, "required") == "true" else ""
    described = tables.one_line(text_of(found, "description"))
    return f"Request body{required}: {words}{f'. {described}' if described else ''}"


def _responses(api: Mapping[str, Node], responses: Mapping[str, Node]) -> str:
    rows = [("Status", "Content", "Description")]
    for status, response in responses.items():
        found = _resolved(api, response)
        headers = ", ".join(mapping(found.get("headers", "")))
        words = _content(found) or (type_words(dict(found)) if "$ref" in found else "")
        words += f" (headers: {headers})" if headers else ""
        rows.append((status, words.strip(), text_of(found, "description")))
    return tables.table(rows, caption="Responses") if len(rows) > 1 else ""


def _schemas(api: Mapping[str, Node]) -> Iterator[str]:
    components = mapping(api.get("components", ""))
    for name, schema in mapping(components.get("schemas", api.get("definitions", ""))).items():
        yield from schema_clause(name, schema)
    security = mapping(components.get("securitySchemes", api.get("securityDefinitions", "")))
    rows = [("Security scheme", "Type", "Description")]
    rows += [(name, text_of(mapping(s), "type"), text_of(mapping(s), "description")) for name, s in security.items()]
    if len(rows) > 1:
        yield tables.heading(2, "Security schemes")
        yield tables.table(rows)
