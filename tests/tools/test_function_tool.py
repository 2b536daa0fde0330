import asyncio
import threading
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from coreagent.errors import ToolArgumentsError
from coreagent.labels import PUBLIC, Label, Sensitivity
from coreagent.tools.function_tool import FunctionTool, tool
from coreagent.tools.tool import Previewing, Tool, ToolContext, ToolResult

CONTEXT = ToolContext(run_id="r1", call_id="c1", idempotency_key="k1")


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Pair(BaseModel):
    left: int
    right: float


@dataclass(frozen=True)
class Point:
    x: int
    y: int


async def run(built: FunctionTool[..., Any], **arguments: object) -> ToolResult:
    return await built.run(built.info.arguments.model_validate(arguments), CONTEXT)


def test_signature_and_docstring_become_the_schema() -> None:
    @tool(effect="write", clearance=Sensitivity.INTERNAL, timeout_s=5, name="set_tilt")
    def change(
        cell: str,
        degrees: Annotated[float, Field(ge=0, le=12, description="from the annotation")],
        mode: Literal["fast", "slow"] = "slow",
        colour: Colour = Colour.RED,
    ) -> str:
        """Set the tilt
        of a cell.

        Not part of it.

        Args:
            cell: Name of the cell,
                on two lines.
            degrees: From the docstring.
            mode (str): How.

        Returns:
            cell: not an argument.
        """
        return f"{cell} {degrees} {mode} {colour.value}"

    info = change.info
    assert (info.name, info.effect, info.clearance, info.timeout_s) == ("set_tilt", "write", Sensitivity.INTERNAL, 5)
    assert info.description == "Set the tilt of a cell."
    fields = info.parameters["properties"]
    assert fields["cell"]["description"] == "Name of the cell, on two lines."
    assert fields["degrees"]["description"] == "from the annotation"
    assert fields["degrees"]["maximum"] == 12
    assert fields["mode"]["enum"] == ["fast", "slow"]
    assert fields["mode"]["description"] == "How."
    assert info.parameters["required"] == ["cell", "degrees"]
    # Still the function it was, and a Tool for the type checkers.
    assert change("A", 3.0) == "A 3.0 slow red"
    as_tool: Tool = change
    assert as_tool.info is info


async def test_sync_functions_leave_the_event_loop_and_async_ones_stay() -> None:
    @tool
    def blocking() -> str:
        """Block."""
        return threading.current_thread().name

    @tool
    async def friendly() -> str:
        """Wait."""
        await asyncio.sleep(0)
        return threading.current_thread().name

    here = threading.current_thread().name
    assert (await run(blocking)).text != here
    assert (await run(friendly)).text == here


async def test_context_is_passed_but_not_shown() -> None:
    @tool
    def who(context: ToolContext, again: int = 1) -> str:
        """Say the run."""
        return context.idempotency_key * again

    assert list(who.info.parameters["properties"]) == ["again"]
    assert (await run(who, again=2)).text == "k1k1"


@pytest.mark.parametrize(
    ("value", "text", "data"),
    [
        ("plain", "plain", {"value": "plain"}),
        (3.5, "made returned 3.5.", {"value": 3.5}),
        (None, "made is done.", {}),
        (Pair(left=1, right=2), 'made returned {"left": 1, "right": 2.0}', {"left": 1, "right": 2.0}),
        (Point(1, 2), 'made returned {"x": 1, "y": 2}', {"x": 1, "y": 2}),
        ({"a": [1]}, 'made returned {"a": [1]}', {"a": [1]}),
        ([1, 2], "made returned [1, 2]", {"value": [1, 2]}),
        (Colour.RED, "made returned red.", {"value": "red"}),
        (float("inf"), "made returned Infinity.", {"value": "Infinity"}),
    ],
)
async def test_any_value_becomes_a_result(value: object, text: str, data: dict[str, object]) -> None:
    @tool(name="made")
    def make() -> object:
        """Make it."""
        return value

    result = await run(make)
    assert (result.text, result.data) == (text, data)
    assert result.evidence[0].text == text
    assert result.evidence[0].citation.corpus == "tool"
    assert result.evidence[0].citation.document == "made"


async def test_results_are_untrusted_unless_declared() -> None:
    @tool
    def fetch() -> str:
        """Fetch."""
        return "x"

    @tool(label=PUBLIC)
    def compute() -> str:
        """Compute."""
        return "x"

    @tool
    def whole() -> ToolResult:
        """Whole."""
        return ToolResult(text="t", label=Label(Sensitivity.CONFIDENTIAL))

    assert (await run(fetch)).label == Label(trusted=False)
    assert (await run(compute)).label == PUBLIC
    assert (await run(whole)).label == Label(Sensitivity.CONFIDENTIAL)


async def test_evidence_id_depends_on_the_arguments_alone() -> None:
    @tool
    def echo(value: int) -> int:
        """Echo."""
        return value

    first, again, other = await run(echo, value=1), await run(echo, value=1), await run(echo, value=2)
    assert first.evidence[0].id == again.evidence[0].id != other.evidence[0].id


async def test_foreign_arguments_are_refused_and_errors_pass_through() -> None:
    @tool
    def fail(value: int) -> int:
        """Fail."""
        raise LookupError(f"no {value}")

    with pytest.raises(ToolArgumentsError, match="got Pair, not FailArguments"):
        await fail.run(Pair(left=1, right=1), CONTEXT)
    with pytest.raises(LookupError, match="no 7"):
        await run(fail, value=7)


def test_unsupported_signatures_say_what_to_change() -> None:
    def bare(x) -> str:  # type: ignore[no-untyped-def]  # pyright: ignore[reportMissingParameterType, reportUnknownParameterType]  # the point of the test
        """D."""
        return ""

    def many(*args: int) -> str:
        """D."""
        return ""

    def open_ended(**kwargs: int) -> str:
        """D."""
        return ""

    def positional(x: int, /) -> str:
        """D."""
        return ""

    def private(_x: int) -> str:
        """D."""
        return ""

    def shadowing(model_dump: int) -> str:
        """D."""
        return ""

    def opaque(x: threading.Lock) -> str:
        """D."""
        return ""

    def unresolved(x: "Nowhere") -> str:  # type: ignore[name-defined]  # pyright: ignore[reportUndefinedVariable, reportUnknownParameterType]  # noqa: F821
        """D."""
        return ""

    def silent(x: int) -> str:
        return ""

    cases: list[tuple[Any, str]] = [
        (bare, "no annotation"),
        (many, "any number of values"),
        (open_ended, "any number of values"),
        (positional, "positional-only"),
        (private, "choose another name"),
        (shadowing, "choose another name"),
        (opaque, "no JSON Schema"),
        (unresolved, "can not be read"),
        (silent, "write a docstring"),
    ]
    for function, problem in cases:
        with pytest.raises(TypeError, match=problem):
            tool(function)
    with pytest.raises(TypeError, match="letter"):
        tool(name="bad name")(positional)
    with pytest.raises(TypeError, match="timeout_s"):
        tool(timeout_s=0)(silent)


async def test_a_preview_takes_the_parameters_it_names_and_may_be_asynchronous() -> None:
    def told(degrees: float, context: ToolContext) -> str:
        return f"{context.call_id}: to {degrees:g} degrees in {threading.current_thread().name}"

    async def told_later(cell: str) -> str:
        await asyncio.sleep(0)
        return f"cell {cell}"

    def change(cell: str, degrees: float, context: ToolContext) -> str:
        """Set the tilt."""
        return f"{cell} {degrees} {context.call_id}"

    for preview, words in ((told, "c1: to 3 degrees in asyncio"), (told_later, "cell A")):
        built = tool(effect="write", preview=preview)(change)
        assert isinstance(built, Previewing)
        said = await built.preview(built.info.arguments.model_validate({"cell": "A", "degrees": 3}), CONTEXT)
        assert said.startswith(words)
    silent = tool(change)
    assert await silent.preview(silent.info.arguments.model_validate({"cell": "A", "degrees": 3}), CONTEXT) == ""
    with pytest.raises(ToolArgumentsError):
        await built.preview(Pair(left=1, right=2), CONTEXT)


def test_a_preview_of_something_else_is_refused() -> None:
    def told(cells: list[str]) -> str:
        return f"{cells}"

    with pytest.raises(TypeError, match="the preview takes 'cells'.*parameters: cell"):

        @tool(effect="write", preview=told)
        def change(cell: str) -> str:
            """Change a cell."""
            return cell
