from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from coreagent.errors import (
    BudgetExceededError,
    CassetteMissError,
    ModelAuthError,
    ModelError,
    ModelServerError,
    NoModelError,
    SchemaMismatchError,
    StreamCutError,
)
from coreagent.messages import Message
from coreagent.models.chat import ChatRequest, Chunk, Completion, TextDelta
from coreagent.models.fallback import Fallback
from coreagent.models.wrapper import WrappedModel
from coreagent.testing import SCRIPTED_CARD, ScriptedModel, Step

REQUEST = ChatRequest(messages=(Message.user("q"),))


def scripted(name: str, *steps: Step) -> ScriptedModel:
    return ScriptedModel(steps, card=replace(SCRIPTED_CARD, name=name))


async def test_the_next_model_answers_and_says_so() -> None:
    seen: list[tuple[str, str, str]] = []
    model = Fallback(
        [scripted("a", ModelServerError("x", status=500)), scripted("b", ModelAuthError("y")), scripted("c", "hello")],
        on_fallback=lambda error, failed, following: seen.append((type(error).__name__, failed, following)),
    )
    completion = await model.complete(REQUEST)
    assert (completion.text, completion.model) == ("hello", "c")
    assert seen == [("ModelServerError", "a", "b"), ("ModelAuthError", "b", "c")]
    assert model.card.name == "a"


async def test_the_last_error_goes_up() -> None:
    model = Fallback([scripted("a", ModelServerError("first", status=500)), scripted("b", ModelAuthError("last"))])
    with pytest.raises(ModelAuthError, match="last"):
        await model.complete(REQUEST)


FINAL: list[Exception] = [
    NoModelError("none", excluded={}),
    SchemaMismatchError("bad", raw=""),
    CassetteMissError("miss"),
    BudgetExceededError("usd", needed=1, left=0),
]


@pytest.mark.parametrize("error", FINAL, ids=lambda error: type(error).__name__)
async def test_what_another_model_does_not_mend_goes_up_at_once(error: Exception) -> None:
    second = scripted("b", "hello", "hello")
    with pytest.raises(type(error)):
        await Fallback([scripted("a", error), second]).complete(REQUEST)
    with pytest.raises(type(error)):
        async for _ in Fallback([scripted("a", error), second]).stream(REQUEST):
            pass
    assert second.calls == ()


async def test_streams_fall_back_before_the_first_piece() -> None:
    model = Fallback([scripted("a", ModelServerError("x", status=500)), scripted("b", "hello there")])
    chunks = [chunk async for chunk in model.stream(REQUEST)]
    assert chunks[:2] == [TextDelta("hello"), TextDelta(" there")]
    assert isinstance(chunks[2], Completion)
    assert chunks[2].model == "b"


class CutsOff(WrappedModel):
    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        yield TextDelta("half")
        raise StreamCutError("cut", partial="half")


async def test_streams_never_fall_back_after_it() -> None:
    second = scripted("b", "hello")
    seen: list[ModelError] = []
    model = Fallback([CutsOff(scripted("a")), second], on_fallback=lambda error, _failed, _next: seen.append(error))
    with pytest.raises(StreamCutError):
        async for _ in model.stream(REQUEST):
            pass
    assert second.calls == ()
    assert seen == []


def test_no_model_is_no_fallback() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Fallback([])
