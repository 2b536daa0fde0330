"""A local endpoint without latency that answers each role of the core graph suitably; the floor's server too.

It looks at what is asked for (a plan, a tool call, a verdict, else a text) and writes an answer made beforehand, so
that next to nothing of a run's time is the server's.
"""

import asyncio
import json
from typing import Any

from benchmarks.floor_server import serve_forever

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


if __name__ == "__main__":
    asyncio.run(serve_forever(answer))
