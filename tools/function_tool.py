"""``@tool``: a plain function becomes something an agent can do.

The signature is the schema: annotations (with pydantic ``Field`` metadata), defaults, enums and literals become the
arguments model; the first paragraph of the docstring becomes the description, its ``Args`` section the descriptions of
the fields. The decorated object can still be called like the function it was.
"""

import hashlib
import inspect
import json
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, ParamSpec, Protocol, TypeVar, overload, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.errors import PydanticUserError
from pydantic.fields import FieldInfo
from pydantic_core import to_json

from coreagent.answer import Citation, Evidence
from coreagent.errors import ToolArgumentsError
from coreagent.labels import Label, Sensitivity
from coreagent.tools.awaiting import awaited
from coreagent.tools.preview import Preview, PreviewFunction
from coreagent.tools.tool import Effect, ToolContext, ToolInfo, ToolResult

__all__ = ["FunctionTool", "Stated", "evidence_id", "tool"]

P = ParamSpec("P")
R = TypeVar("R")

OUTSIDE = Label(trusted=False)
"""What a function returns may come from anywhere, so unless it says otherwise its result is quoted, never obeyed."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_ARGUMENT_LINE = re.compile(r"\*{0,2}(\w+)\s*(?:\([^)]*\))?:\s*(.*)")


@runtime_checkable
class Stated(Protocol):
    """A result that can say itself: ``statement()`` in full sentences with units, ready to be quoted as evidence.

    ``source()`` is the standard clause or the method behind it; it becomes the section of the citation.
    """

    def statement(self) -> str:
        """The result in one or two sentences that name the inputs and units."""
        ...

    def source(self) -> str:
        """Standard clause or method."""
        ...


@dataclass(frozen=True, slots=True)
class FunctionTool(Generic[P, R]):
    """A function as a :class:`coreagent.tools.tool.Tool`; made by :func:`tool`."""

    function: Callable[P, R]
    info: ToolInfo
    label: Label
    context_parameter: str = ""
    told_by: Preview | None = None

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function itself, without validation."""
        return self.function(*args, **kwargs)

    async def run(self, arguments: BaseModel, context: ToolContext) -> ToolResult:
        """Run the function with validated arguments; a plain function runs in a thread.

        Cancelling ends an asynchronous function; a plain one goes on in its thread, and its result is dropped.

        Raises:
            ToolArgumentsError: ``arguments`` is not an instance of ``info.arguments``.
            Exception: whatever the function raises.
        """
        value = await awaited(self.function, self._given(arguments, context))
        return _as_result(value, self.info.name, arguments, self.label)

    async def preview(self, arguments: BaseModel, context: ToolContext) -> str:
        """What the function given as ``preview`` says of these arguments; empty without one.

        Raises:
            ToolArgumentsError: as :meth:`run`.
            Exception: whatever that function raises.
        """
        return await self.told_by.tell(self._given(arguments, context)) if self.told_by is not None else ""

    def _given(self, arguments: BaseModel, context: ToolContext) -> dict[str, Any]:
        if not isinstance(arguments, self.info.arguments):
            raise ToolArgumentsError(
                f"got {type(arguments).__name__}, not {self.info.arguments.__name__}",
                tool=self.info.name,
                mend="Validate the arguments with ToolRegistry.validate first.",
            )
        given: dict[str, Any] = {name: getattr(arguments, name) for name in self.info.arguments.model_fields}
        if self.context_parameter:
            given[self.context_parameter] = context
        return given


@overload
def tool(function: Callable[P, R], /) -> FunctionTool[P, R]: ...


@overload
def tool(
    *,
    name: str = "",
    description: str = "",
    effect: Effect = "read",
    clearance: Sensitivity = Sensitivity.CONFIDENTIAL,
    timeout_s: float = 30.0,
    label: Label = OUTSIDE,
    fitted_on: frozenset[str] = frozenset(),
    topics: tuple[str, ...] = (),
    preview: PreviewFunction | None = None,
) -> Callable[[Callable[P, R]], FunctionTool[P, R]]: ...


def tool(
    function: Callable[P, R] | None = None,
    /,
    *,
    name: str = "",
    description: str = "",
    effect: Effect = "read",
    clearance: Sensitivity = Sensitivity.CONFIDENTIAL,
    timeout_s: float = 30.0,
    label: Label = OUTSIDE,
    fitted_on: frozenset[str] = frozenset(),
    topics: tuple[str, ...] = (),
    preview: PreviewFunction | None = None,
) -> FunctionTool[P, R] | Callable[[Callable[P, R]], FunctionTool[P, R]]:
    """Make a tool of a function, synchronous or not.

    A parameter annotated :class:`ToolContext` receives the run's context and is no part of the schema. The return value
    may be text, a number, a mapping, a dataclass, a pydantic model, something :class:`Stated` or a whole
    :class:`ToolResult`.

    Args:
        function: The function, when the decorator is used without parentheses.
        name: Name shown to models; the function's own by default.
        description: What it does; the first paragraph of the docstring by default.
        effect: ``read``, ``write`` or ``dangerous``.
        clearance: Strictest label of data that may be passed in.
        timeout_s: Bound of one run in seconds.
        label: Label of the result; untrusted by default, because most functions fetch what they return.
        fitted_on: Fingerprints of the questions that a fitted tool was fitted on.
        topics: Beginnings of words, one of which a question must hold for the tool to be shown; none: always.
        preview: Says in words what a call would change, for the person who is asked about it. It takes any of the
            function's parameters by name, is synchronous or not, and must read only.

    Raises:
        TypeError: a signature that can not become a schema, no name or description, or a preview that takes something
            else than the function.
    """

    def decorate(target: Callable[P, R]) -> FunctionTool[P, R]:
        tool_name = name or getattr(target, "__name__", "")
        if not _NAME.fullmatch(tool_name):
            raise TypeError(
                f"a tool's name is a letter, then at most 63 of A-Z a-z 0-9 _ -; got {tool_name!r}:"
                " pass name=... to @tool"
            )
        if timeout_s <= 0:
            raise TypeError(f"@tool {tool_name}: timeout_s must be above 0 s, got {timeout_s!r}")
        summary, notes = _read_docstring(inspect.getdoc(target) or "")
        if not (description or summary):
            raise TypeError(f"@tool {tool_name}: models choose by description; write a docstring or description=...")
        arguments, context_parameter = _arguments_model(target, tool_name, notes)
        info = ToolInfo(
            name=tool_name,
            description=description or summary,
            arguments=arguments,
            effect=effect,
            clearance=clearance,
            timeout_s=timeout_s,
            fitted_on=fitted_on,
            topics=topics,
        )
        names = (*arguments.model_fields, context_parameter)
        told_by = None if preview is None else Preview.of(preview, tool=tool_name, names=filter(None, names))
        return FunctionTool(target, info, label, context_parameter, told_by)

    return decorate(function) if function is not None else decorate


def evidence_id(name: str, arguments: BaseModel) -> str:
    """An id that is the same for the same tool and arguments in every run."""
    canonical = json.dumps(arguments.model_dump(mode="json"), sort_keys=True, default=str)
    return f"tool:{name}:{hashlib.sha256(canonical.encode(errors='surrogatepass')).hexdigest()[:16]}"


def _read_docstring(text: str) -> tuple[str, dict[str, str]]:
    """First paragraph on one line, and the descriptions of a Google-style ``Args`` section."""
    summary = " ".join(text.split("\n\n", 1)[0].split())
    notes: dict[str, str] = {}
    current, column, inside = "", 0, False
    for line in text.splitlines():
        bare = line.strip()
        indent = len(line) - len(line.lstrip())
        if bare in ("Args:", "Arguments:", "Parameters:"):
            inside, current = True, ""
        elif inside and bare and indent == 0:
            break
        elif inside and bare:
            entry = _ARGUMENT_LINE.fullmatch(bare)
            if entry and (not current or indent <= column):
                current, column = entry[1], indent
                notes[current] = entry[2]
            elif current:
                notes[current] = f"{notes[current]} {bare}".strip()
    return summary, notes


def _arguments_model(function: Callable[..., Any], name: str, notes: Mapping[str, str]) -> tuple[type[BaseModel], str]:
    try:
        signature = inspect.signature(function)
        hints = typing.get_type_hints(function, include_extras=True)
    except (NameError, ValueError, TypeError) as error:
        raise TypeError(f"@tool {name}: the annotations can not be read: {error}") from error
    fields: dict[str, Any] = {}
    context_parameter = ""
    for parameter in signature.parameters.values():
        _refuse_unsupported(parameter, name, hints)
        annotation = hints[parameter.name]
        if _is_context(annotation):
            if context_parameter:
                raise TypeError(f"@tool {name}: only one parameter may be a ToolContext")
            context_parameter = parameter.name
            continue
        if parameter.name in notes and not _described(annotation, parameter.default):
            annotation = Annotated[annotation, Field(description=notes[parameter.name])]
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        fields[parameter.name] = (annotation, default)
    title = "".join(part.capitalize() for part in re.split(r"[_-]", name)) + "Arguments"
    try:
        model = create_model(
            title,
            __config__=ConfigDict(extra="forbid", frozen=True, protected_namespaces=()),
            __module__=function.__module__,
            **fields,
        )
        model.model_json_schema()
    except PydanticUserError as error:
        raise TypeError(f"@tool {name}: an annotation has no JSON Schema: {error.message}") from error
    return model, context_parameter


def _refuse_unsupported(parameter: inspect.Parameter, name: str, hints: Mapping[str, Any]) -> None:
    """Raise TypeError for a parameter that no JSON object can fill."""
    where = f"@tool {name}: parameter {parameter.name!r}"
    if parameter.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
        raise TypeError(f"{where} takes any number of values; name each one")
    if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
        raise TypeError(f"{where} is positional-only; tools are called by keyword, so remove the '/'")
    if parameter.name not in hints:
        raise TypeError(f"{where} has no annotation; its type becomes the schema")
    if parameter.name.startswith("_") or hasattr(BaseModel, parameter.name):
        raise TypeError(f"{where} can not be a field of the arguments model; choose another name")


def _is_context(annotation: Any) -> bool:
    if typing.get_origin(annotation) is Annotated:
        annotation = typing.get_args(annotation)[0]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return ToolContext in typing.get_args(annotation)
    return annotation is ToolContext


def _described(annotation: Any, default: Any) -> bool:
    metadata = typing.get_args(annotation)[1:] if typing.get_origin(annotation) is Annotated else ()
    return any(isinstance(item, FieldInfo) and item.description for item in (*metadata, default))


def _as_result(value: Any, name: str, arguments: BaseModel, label: Label) -> ToolResult:
    """Any return value as text, JSON data and one piece of evidence."""
    if isinstance(value, ToolResult):
        return value
    data = _as_data(value)
    text, section = _as_text(value, name, data), ""
    if isinstance(value, Stated):
        text, section = value.statement(), value.source()
    citation = Citation(corpus="tool", document=name, section=section)
    evidence = Evidence(id=evidence_id(name, arguments), text=text, citation=citation, label=label)
    return ToolResult(text=text, data=data, evidence=(evidence,), label=label)


def _as_data(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    # Through text, because only there infinities become the strings that JSON can carry.
    plain = json.loads(to_json(value, inf_nan_mode="strings", serialize_unknown=True, bytes_mode="base64"))
    return typing.cast("dict[str, Any]", plain) if isinstance(plain, dict) else {"value": plain}


def _as_text(value: Any, name: str, data: Mapping[str, Any]) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return f"{name} is done."
    if set(data) == {"value"} and not isinstance(data["value"], (list, dict)):
        return f"{name} returned {data['value']}."
    if set(data) == {"value"}:
        return f"{name} returned {json.dumps(data['value'], ensure_ascii=False)}"
    return f"{name} returned {json.dumps(data, ensure_ascii=False)}"
