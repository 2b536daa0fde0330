import json
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from coreagent.agents.caller import Caller, CallerTask
from coreagent.agents.planner import Planner, PlannerTask
from coreagent.events import Feedback
from coreagent.models.builtin import BuiltinCaller, BuiltinPlanner
from coreagent.models.chat import ChatRequest, TextDelta, ToolSpec
from coreagent.models.embedding import Embedder
from coreagent.plans import Plan, Subtask
from coreagent.tools.tool import ToolInfo


class Search(BaseModel):
    query: str = Field(description="What to look for, in words.")
    limit: int = Field(default=6, ge=1, le=20, description="Number of passages.")


class Tilt(BaseModel):
    cell: str
    degrees: Annotated[float, Field(ge=0, le=12)]


class Rate(BaseModel):
    bandwidth_mhz: int = Field(description="Channel bandwidth in MHz.", ge=5, le=400)
    scs_khz: Literal[15, 30, 60, 120] = Field(description="Subcarrier spacing in kHz.")
    layers: int = Field(default=1, description="MIMO layers.", ge=1, le=8)
    modulation: Literal["QPSK", "16QAM", "64QAM", "256QAM"] = "256QAM"
    direction: Literal["downlink", "uplink"] = "downlink"


class Rain(BaseModel):
    frequency_ghz: float = Field(description="Frequency in GHz.")
    path_length_km: float = Field(description="Length of the path in km.")
    vertical: bool = Field(default=False, description="Vertical polarisation.")


class LogText(BaseModel):
    log_text: str = Field(description="The whole question text with the table.")


class Maths(BaseModel):
    expression: str


class Routes(BaseModel):
    prefix: str = Field(description="IP prefix in CIDR form.")


TOOLS = (
    ToolInfo(name="search_docs", description="Search the document corpora for passages.", arguments=Search),
    ToolInfo(name="set_tilt", description="Set the electrical tilt of a cell.", arguments=Tilt, effect="write"),
    ToolInfo(name="peak_rate", description="Compute the peak data rate of an NR carrier.", arguments=Rate),
    ToolInfo(name="rain_loss", description="Compute the rain attenuation of a microwave link.", arguments=Rain),
    ToolInfo(name="read_counters", description="Diagnose the cause of a drop from a counter table.", arguments=LogText),
    ToolInfo(name="arithmetic", description="Evaluate an arithmetic expression or convert units.", arguments=Maths),
    ToolInfo(name="route_size", description="Count the hosts of an IP prefix.", arguments=Routes),
)
SPECS = tuple(ToolSpec(tool.name, tool.description, tool.parameters) for tool in TOOLS)


async def plan(embedder: Embedder, question: str, *feedback: Feedback, tools: tuple[ToolInfo, ...] = TOOLS) -> Plan:
    task = PlannerTask(question=question, tools=tools, feedback=feedback)
    return Planner().read(task, await BuiltinPlanner(embedder).complete(Planner().request(task)))


async def call(embedder: Embedder, text: str, *, tool: str = "", tools: tuple[ToolSpec, ...] = SPECS) -> Any:
    task = CallerTask(subtask=Subtask(id="s1", role="caller", instruction=text, tool=tool), question=text, tools=tools)
    output = Caller().read(task, await BuiltinCaller(embedder).complete(Caller().request(task)))
    return (output.calls[0].name, json.loads(output.calls[0].arguments)) if output.calls else output.text


@pytest.mark.parametrize(
    ("question", "tool", "form"),
    [
        ("Which node terminates the F1 interface?", "search_docs", "open"),
        ("Set the tilt of cell 33 to 4 degrees", "set_tilt", "action"),
        ("What is the peak rate of 40 MHz at 30 kHz SCS with 2 layers?", "peak_rate", "number"),
        ("Rain attenuation of a 12 km microwave link at 18 GHz?", "rain_loss", "number"),
        ("How many dBm are 5 W?", "arithmetic", "number"),
        ("How many hosts has the prefix 10.9.0.0/20?", "route_size", "number"),
    ],
)
async def test_one_part_gets_the_tool_that_fits(embedder: Embedder, question: str, tool: str, form: str) -> None:
    made = await plan(embedder, question)
    assert [task.tool for task in made.subtasks] == [tool]
    assert made.form == form


async def test_a_case_with_a_table_goes_to_the_tool_for_tables(embedder: Embedder) -> None:
    rows = "\n".join(f"{n}|{n * 2}|{n * 3}|{n * 4}" for n in range(9))
    question = f"Find the root cause of the drop.\nC1: a broken fan\nC2: heavy rain\n\ntime|drops|load|heat\n{rows}"
    made = await plan(embedder, question)
    assert made.form == "diagnosis"
    assert made.subtasks[0].tool == "read_counters"
    assert await call(embedder, question, tool="read_counters") == ("read_counters", {"log_text": question})


async def test_parts_become_parallel_subtasks(embedder: Embedder) -> None:
    made = await plan(embedder, "What is an S-NSSAI and which function selects the slice?")
    assert len(made.subtasks) == 2
    assert all(not task.depends_on for task in made.subtasks)
    one = await plan(embedder, "Which interface carries policies and between which components?")
    assert len(one.subtasks) == 1


async def test_options_are_searched_too(embedder: Embedder) -> None:
    made = await plan(embedder, "Which protocol runs on F1-C?\nA. F1AP\nB. NGAP")
    assert made.form == "choice"
    assert "F1AP" not in made.subtasks[0].instruction
    assert "F1AP" in made.subtasks[1].instruction


async def test_feedback_changes_the_plan(embedder: Embedder) -> None:
    question = "Please tell me which node selects the UPF"
    before, after = (
        await plan(embedder, question),
        await plan(embedder, question, Feedback("tool", "verifier: not found")),
    )
    assert after.subtasks[0].instruction != before.subtasks[0].instruction
    failed = Feedback("tool", "route_size: the prefix is not known", "s1")
    again = await plan(embedder, "How many hosts has the prefix 10.9.0.0/20?", failed)
    assert again.subtasks[0].tool == "search_docs"


async def test_a_write_tool_needs_an_order(embedder: Embedder) -> None:
    made = await plan(embedder, "Why is the tilt of cell 33 at 4 degrees?")
    assert made.subtasks[0].tool == "search_docs"


async def test_no_tools_and_no_question_still_give_a_plan(embedder: Embedder) -> None:
    assert (await plan(embedder, "What is this?", tools=())).subtasks[0].tool == ""
    assert (await plan(embedder, "\n\n")).subtasks


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("Set the tilt of cell 33 to 4 degrees", "set_tilt", {"cell": "33", "degrees": 4}),
        (
            "Peak uplink rate of 0.1 GHz, 30 kHz SCS, four layers, QAM64",
            "peak_rate",
            {"bandwidth_mhz": 100, "scs_khz": 30, "layers": 4, "modulation": "64QAM", "direction": "uplink"},
        ),
        (
            "rain attenuation of an 8000 m link at 23000 MHz, vertical polarisation",
            "rain_loss",
            {"frequency_ghz": 23, "path_length_km": 8, "vertical": True},
        ),
        ("what is 10*log10(40)?", "arithmetic", {"expression": "10*log10(40)"}),
        ("How many hosts has 192.0.2.0/26?", "route_size", {"prefix": "192.0.2.0/26"}),
    ],
)
async def test_arguments_come_from_the_text(
    embedder: Embedder, text: str, name: str, arguments: dict[str, object]
) -> None:
    assert await call(embedder, text) == (name, arguments)


async def test_a_missing_argument_is_named(embedder: Embedder) -> None:
    said = await call(embedder, "Set the tilt of cell 33", tool="set_tilt")
    assert "degrees" in said


async def test_values_out_of_bounds_are_not_used(embedder: Embedder) -> None:
    assert "degrees" in await call(embedder, "Set the tilt of cell 33 to 40 degrees", tool="set_tilt")


async def test_streams_and_repeats(embedder: Embedder) -> None:
    task = CallerTask(
        subtask=Subtask(id="s1", role="caller", instruction="x", tool="set_tilt"), question="x", tools=SPECS
    )
    model = BuiltinCaller(embedder)
    request: ChatRequest = Caller().request(task)
    chunks = [chunk async for chunk in model.stream(request)]
    assert "".join(c.text for c in chunks if isinstance(c, TextDelta)) == (await model.complete(request)).text
    assert chunks[-1] == await model.complete(request)


class Spacing(BaseModel):
    subcarrier_spacing_khz: float = Field(description="Subcarrier spacing in kHz.")
    symbols: int = Field(description="Symbols to count.")


class Carrier(BaseModel):
    frequency_mhz: float | None = Field(default=None, description="Frequency in MHz.")


class Nets(BaseModel):
    networks: list[str] = Field(description="Subnets in CIDR form.")
    relation: Literal["describe", "contains", "split"] = Field(
        default="describe", description="describe one; whether it contains second; split it by prefix_length"
    )
    second: str | None = Field(default=None, description="Address or subnet to hold against it, for contains")
    prefix_length: int | None = Field(default=None, description="Prefix length of the parts in bits.")


class Word(BaseModel):
    term: str = Field(description="The abbreviation or its full form.")


OWN = (
    TOOLS[0],
    ToolInfo(name="dictionary", description="Look up what an abbreviation means.", arguments=Word),
    ToolInfo(name="nets", description="Compute with IP subnets: hosts, containment, splitting.", arguments=Nets),
    ToolInfo(name="symbol_time", description="Length of symbols by spacing.", arguments=Spacing),
    ToolInfo(name="channel", description="Channel number of a frequency in MHz.", arguments=Carrier),
)


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        (
            "Is 10.1.2.0/23 inside 10.1.0.0/16?",
            {"networks": ["10.1.0.0/16"], "relation": "contains", "second": "10.1.2.0/23"},
        ),
        (
            "Does 10.1.0.0/16 contain 10.1.2.3?",
            {"networks": ["10.1.0.0/16"], "relation": "contains", "second": "10.1.2.3"},
        ),
        (
            "How many /26 subnets are in 10.4.0.0/22?",
            {"networks": ["10.4.0.0/22"], "relation": "split", "prefix_length": 26},
        ),
    ],
)
async def test_addresses_are_shared_out(embedder: Embedder, text: str, arguments: dict[str, object]) -> None:
    specs = tuple(ToolSpec(tool.name, tool.description, tool.parameters) for tool in OWN)
    assert await call(embedder, text, tool="nets", tools=specs) == ("nets", arguments)
    assert "nets" in [task.tool for task in (await plan(embedder, text, tools=OWN)).subtasks]


async def test_a_number_named_by_another_argument_is_no_reason_for_a_tool(embedder: Embedder) -> None:
    made = await plan(embedder, "Which channel has a subcarrier spacing of 30 kHz?", tools=OWN)
    assert [task.tool for task in made.subtasks] == ["search_docs"]


async def test_meanings_go_to_the_tool_for_terms_too(embedder: Embedder) -> None:
    made = await plan(embedder, "What does GZP stand for?", tools=OWN)
    assert {task.tool for task in made.subtasks} == {"search_docs", "dictionary"}


async def test_both_sides_of_a_comparison_are_searched(embedder: Embedder) -> None:
    made = await plan(embedder, "What is the difference between a gizmo and a widget?")
    assert [task.tool for task in made.subtasks] == ["search_docs"] * 3
    assert all(not task.depends_on for task in made.subtasks)
