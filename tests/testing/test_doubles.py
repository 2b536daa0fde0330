import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from coreagent.errors import ModelServerError, SettingsError
from coreagent.messages import Message, ToolCall
from coreagent.models.card import ModelCard
from coreagent.models.chat import ChatRequest, Completion, TextDelta, estimate_input_tokens, estimate_tokens
from coreagent.testing import HashEmbedder, ManualClock, ScriptedModel, UnconsumedSteps, UnexpectedModelCall

REQUEST = ChatRequest(messages=(Message.user("q"),))


async def test_each_kind_of_step() -> None:
    call = ToolCall("c", "f", "{}")
    whole = Completion(text="whole", model="other", finish_reason="length")
    model = ScriptedModel(
        [
            "text",
            call,
            (call, call),
            whole,
            lambda request: request.messages[0].content * 2,
            ModelServerError("x", status=500),
        ]
    )
    assert (await model.complete(REQUEST)).text == "text"
    one = await model.complete(REQUEST)
    assert (one.tool_calls, one.finish_reason) == ((call,), "tool_calls")
    assert (await model.complete(REQUEST)).tool_calls == (call, call)
    assert await model.complete(REQUEST) is whole
    assert (await model.complete(REQUEST)).text == "qq"
    with pytest.raises(ModelServerError):
        await model.complete(REQUEST)
    model.assert_done()
    assert model.calls == (REQUEST,) * 6


async def test_a_script_too_short_fails_and_one_too_long_does_too() -> None:
    model = ScriptedModel(["one", "two"])
    await model.complete(REQUEST)
    with pytest.raises(UnconsumedSteps, match="1 of 2"):
        model.assert_done()
    await model.complete(REQUEST)
    with pytest.raises(UnexpectedModelCall, match="call 3 of 'scripted'"):
        await model.complete(REQUEST)
    with pytest.raises(UnexpectedModelCall):
        async for _ in model.stream(REQUEST):
            pass


async def test_usage_follows_a_fixed_rule() -> None:
    usage = (await ScriptedModel(["some words"]).complete(REQUEST)).usage
    assert usage.input_tokens == estimate_input_tokens(REQUEST)
    assert usage.output_tokens == estimate_tokens("some words")
    assert usage.calls == 1


@pytest.mark.parametrize("text", ["", " ", "a", "  a b\n\nc ", "基站 x\n"])
async def test_streams_lose_nothing(text: str) -> None:
    *pieces, last = [chunk async for chunk in ScriptedModel([text]).stream(REQUEST)]
    assert "".join(piece.text for piece in pieces if isinstance(piece, TextDelta)) == text
    assert isinstance(last, Completion)
    assert last.text == text


async def test_a_script_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "script.json"
    path.write_text('["hello", {"tool_calls": [{"name": "f", "arguments": {"a": 1}}]}, {"error": "overloaded"}]')
    model = ScriptedModel.from_file(ModelCard(name="s", adapter="scripted", model=str(path)))
    assert (await model.complete(REQUEST)).model == "s"
    assert (await model.complete(REQUEST)).tool_calls[0].arguments == '{"a": 1}'
    with pytest.raises(ModelServerError, match="overloaded"):
        await model.complete(REQUEST)


@pytest.mark.parametrize("content", ["", "{}", "[1]", "[{}]", '[{"tool_calls": [{}]}]', "[null]", "\udcff"])
def test_a_file_that_is_no_script(tmp_path: Path, content: str) -> None:
    path = tmp_path / "script.json"
    path.write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(SettingsError, match="not a script"):
        ScriptedModel.from_file(ModelCard(name="s", adapter="scripted", model=str(path)))


async def test_the_clock_moves_when_told() -> None:
    clock = ManualClock(100)
    clock.advance(5)
    await clock.sleep(2.5)
    assert clock.now() == 107.5
    assert clock.slept == [2.5]
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(-1)


def test_hashed_vectors() -> None:
    embedder = HashEmbedder(128)
    near, far = "failure of a handover", "fibre price list"
    rows = embedder.embed(["handover failure in cell A", near, far, "", "handover failure in cell A"])
    assert rows.shape == (5, 128)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 1, 1, 0, 1], rtol=1e-6)
    np.testing.assert_array_equal(rows[0], rows[4])
    assert rows[0] @ rows[1] > rows[0] @ rows[2]
    assert embedder.embed([]).shape == (0, 128)
    assert embedder.identity.dimensions == 128
    with pytest.raises(ValueError, match="at least one dimension"):
        HashEmbedder(0)


def test_the_doubles_load_nothing_heavy() -> None:
    heavy = ["aiohttp", "numpy", "litellm", "langgraph", "chromadb", "tenacity"]
    code = f"import sys, coreagent.testing; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.strip() == "[]"
