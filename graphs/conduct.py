"""How carefully a model answers: wrappers that put a call under the strict rules of its role, wholly or at its start.

After MoGU (Du et al., 2024): where the risk of a prompt is in doubt, a careful responder writes the first five tokens
and the usual one goes on from there, since whether a request is refused is settled in those.
"""

from collections.abc import AsyncIterator
from dataclasses import replace

from coreagent import sections
from coreagent.messages import Message
from coreagent.models.chat import ChatModel, ChatRequest, Chunk, Completion, TextDelta
from coreagent.models.wrapper import WrappedModel, closing_stream
from coreagent.routing.policies.safety import GUARDED_TOKENS

NOT_CONTINUED = "can not go on from a given beginning: the strict profile writes the whole answer"


def is_prose(request: ChatRequest) -> bool:
    """True for a call whose answer is free text, so that its first words can be another's."""
    return not request.tools and request.response_schema is None


def under(rules: str, request: ChatRequest) -> ChatRequest:
    """The request with ``rules`` in a ``conduct`` section of its system message, where no data ever stands."""
    section = sections.render("conduct", rules)
    first = request.messages[0] if request.messages else None
    if first is None or first.author != "system":
        return replace(request, messages=(Message.system(section), *request.messages))
    return replace(request, messages=(Message.system(f"{first.content}\n\n{section}"), *request.messages[1:]))


class Strict(WrappedModel):
    """Every call of ``inner`` is under ``rules``."""

    def __init__(self, inner: ChatModel, rules: str) -> None:
        super().__init__(inner)
        self._rules = rules

    async def complete(self, request: ChatRequest) -> Completion:
        """Answer under the rules. Raises what the model inside raises."""
        return await self.inner.complete(under(self._rules, request))

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """Answer under the rules, piece by piece. Raises what the model inside raises."""
        async with closing_stream(self.inner, under(self._rules, request)) as chunks:
            async for chunk in chunks:
                yield chunk


class Begun(Strict):
    """The first tokens of an answer in prose are written under the rules, the rest without them.

    Only where the endpoint continues a given beginning; else, and for answers with a form, all of it is under them.
    Built-in models only quote: what they could not judge they would all refuse, so they answer as always.
    """

    async def complete(self, request: ChatRequest) -> Completion:
        """Two calls. Raises what the model inside raises."""
        if self.card.adapter == "builtin":
            return await self.inner.complete(request)
        if not (is_prose(request) and self.card.continues):
            return await super().complete(request)
        careful = under(self._rules, request)
        first = await self.inner.complete(replace(careful, max_tokens=GUARDED_TOKENS))
        # Templates cut white space off the end of a message, and then do not find it to continue.
        beginning = first.text.rstrip()
        if first.finish_reason != "length" and beginning:
            return first
        if not beginning:
            return await super().complete(request)
        rest = await self.inner.complete(
            replace(request, messages=(*request.messages, Message.assistant(beginning)), logprobs=False)
        )
        return replace(rest, text=beginning + rest.text, usage=first.usage + rest.usage)

    async def stream(self, request: ChatRequest) -> AsyncIterator[Chunk]:
        """The whole answer at once: it is checked before anybody sees it."""
        completion = await self.complete(request)
        yield TextDelta(completion.text)
        yield completion
