"""What is sent to a model, told as an event for those who want to read it."""

from collections.abc import AsyncIterator, Callable

from coreagent.events import Event, Prompted
from coreagent.models.chat import ChatModel, ChatRequest, Chunk, Completion
from coreagent.models.wrapper import WrappedModel, closing_stream
from coreagent.plans import RoleName
from coreagent.secrets import mask

PROMPT_CHARS = 200_000
"""Of a prompt with its headings; the rest is left out with a remark."""


class Prompting(WrappedModel):
    """Tells the prompt of each call right before it is made, and only once where the same one is sent again.

    Put it inside the retries and the budget: a call that was refused sent nothing.
    """

    def __init__(self, inner: ChatModel, *, subtask: str, role: RoleName, emit: Callable[[Event], None]) -> None:
        super().__init__(inner)
        self._subtask = subtask
        self._role: RoleName = role
        self._emit = emit
        self._told = ""

    async def complete(self, request: ChatRequest) -> Completion:
        """Answer in one piece. Raises what the model inside raises."""
        self._tell(request)
        return await self.inner.complete(request)

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Answer piece by piece. Raises what the model inside raises."""
        self._tell(request)
        async with closing_stream(self.inner, request) as chunks:
            async for chunk in chunks:
                yield chunk

    def _tell(self, request: ChatRequest) -> None:
        prompt = readable(request)
        if prompt != self._told:
            self._told = prompt
            self._emit(Prompted(self._subtask, self._role, self.card.name, prompt))


def readable(request: ChatRequest) -> str:
    """The messages of a request under headings, then the names of its tools and of the form its answer must have.

    Secrets are masked, and what is longer than ``PROMPT_CHARS`` is cut.
    """
    parts: list[str] = []
    for message in request.messages:
        wishes = [f"wants {call.name} {call.arguments}" for call in message.tool_calls]
        heading = f"{message.author} (result of {message.tool_call_id})" if message.tool_call_id else message.author
        parts.append("\n".join([f"--- {heading} ---", *filter(None, [message.content]), *wishes]))
    if request.tools:
        parts.append(f"--- tools ---\n{', '.join(tool.name for tool in request.tools)}")
    if request.response_schema is not None:
        parts.append(f"--- form of the answer ---\nJSON schema {request.response_schema.name}")
    # Masked before it is cut: half a secret would no longer be known for one.
    text = mask("\n\n".join(parts))
    if len(text) <= PROMPT_CHARS:
        return text
    return f"{text[:PROMPT_CHARS]}\n... (cut: {len(text) - PROMPT_CHARS:,} more characters)"
