"""A local endpoint without latency that answers each role of the core graph suitably; the floor's server too.

It looks at what is asked for (a plan, a tool call, a verdict, else a text) and writes an answer made beforehand, so
that next to nothing of a run's time is the server's.
"""

import asyncio
import json
from typing import Any

from coreagent.messages import ToolCall, Usage
from coreagent.models.chat import Completion
from coreagent.testing.replies import completion_body

TOOL = "look_up"
PLAN: dict[str, Any] = {
    "rationale": "One look-up answers it.",
    "form": "open",
    "subtasks": [
        {
            "id": "s1",
            "role": "caller",
            "instruction": "A1 interface: what it carries and between which components",
            "tool": TOOL,
            "domain": "o-ran",
            "depends_on": [],
        }
    ],
}
DRAFT = "A1 carries policies between the non-RT RIC and the near-RT RIC [1]."
VERDICT: dict[str, Any] = {
    "sentences": [{"text": DRAFT, "supported": True, "cited": [1], "problem": ""}],
    "problems": [],
    "outcome": "supported",
    "score": 0.95,
}


def _reply(text: str, *calls: ToolCall) -> bytes:
    reason = "tool_calls" if calls else "stop"
    usage = Usage(900, 40, 1)
    completion = Completion(text=text, model="bench", tool_calls=calls, finish_reason=reason, usage=usage)
    body = json.dumps(completion_body(completion, "bench"))
    return f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


_PLANNED = _reply(json.dumps(PLAN))
_CALLED = _reply("", ToolCall("call_1", TOOL, '{"term": "A1"}'))
_DRAFTED = _reply(DRAFT)
_VERIFIED = _reply(json.dumps(VERDICT))


def answer(body: bytes) -> bytes:
    """The whole HTTP answer to one request body."""
    # Quotation marks inside of texts are escaped, so what stands between bare ones is a key.
    if b'"tools":' in body:
        return _CALLED
    _, form, schema = body.partition(b'"response_format":')
    if not form:
        return _DRAFTED
    return _VERIFIED if b'"verdict"' in schema else _PLANNED


class RoleServer(asyncio.Protocol):
    """Keeps connections; reads a request by its length."""

    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client came."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            if len(self._buffer) < end + 4 + length:
                return
            self._transport.write(answer(self._buffer[end + 4 : end + 4 + length]))
            self._buffer = self._buffer[end + 4 + length :]


async def serve() -> None:
    """Print the port, serve until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(RoleServer, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
