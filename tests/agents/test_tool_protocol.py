import pytest

from coreagent.agents.tool_protocol import (
    Action,
    Turn,
    cut_observation,
    is_blank,
    read_caller,
    read_planner,
    write_action,
    write_history,
)


@pytest.mark.parametrize(
    ("text", "turn", "kept"),
    [
        ("I need a value. Next: caller.", "caller", "I need a value. Next: caller."),
        ("Done. Next: conclusion. and more", "conclusion", "Done. Next: conclusion."),
        ("Next: caller. Next: conclusion.", "conclusion", "Next: caller. Next: conclusion."),
        ("Next: give up. Next: conclusion. x", "give up", "Next: give up."),
        ("I will see</s>", "caller", "I will see Next: caller."),
        ("", "caller", "Next: caller."),
    ],
)
def test_whose_turn(text: str, turn: str, kept: str) -> None:
    read = read_planner(text)
    assert (read.next, read.text) == (turn, kept)


def test_blank_answers() -> None:
    assert all(is_blank(text) for text in ("", " \n", ".", " , ", "</s>"))
    assert not is_blank("Next: caller.")


def test_actions_there_and_back() -> None:
    action = Action("look", {"a": 1, "b": ["x\ny"]})
    assert read_caller(write_action(action) + "</s>", names=("look",)) == action
    assert read_caller('Action: `look`\nAction Input: ```json\n{"a": 1}\n``` so', names=("look",)).arguments == {"a": 1}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("look it up", "Action Input"),
        ("Action: find\nAction Input: {}", "the tools are: look"),
        ("Action: look\nAction Input: {", "not valid JSON"),
        ("Action: look\nAction Input: [1]", "one JSON object"),
    ],
)
def test_wrong_actions(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_caller(text, names=("look",))


def test_history_and_observation() -> None:
    turns = [Turn("user", "q"), Turn("assistant", "t"), Turn("caller", "c"), Turn("observation", "o" * 2000)]
    lines = write_history([*turns, Turn("conclusion", "a")]).split("\n")
    assert lines == [
        "user: q</s>",
        "assistant: t</s>",
        "caller: c</s>",
        "observation: " + "o" * 1024,
        "conclusion: a</s>",
    ]
    assert len(cut_observation("x" * 5000)) == 1024
