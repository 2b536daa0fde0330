"""Test an agent without a model, in milliseconds: every role plays a script, and a script must be played to its end."""

import json
from typing import Any

from coreagent import CoreAgent, ToolCall
from coreagent.testing import ScriptedModel

plan: dict[str, Any] = {
    "rationale": "one calculation",
    "form": "number",
    "subtasks": [
        {"id": "s1", "role": "caller", "instruction": "add", "tool": "calculate", "domain": "", "depends_on": []}
    ],
}
verdict: dict[str, Any] = {"sentences": [], "problems": [], "outcome": "supported", "score": 0.9}

planner = ScriptedModel([json.dumps(plan)])
caller = ScriptedModel([ToolCall("1", "calculate", '{"expression": "20 dBm + 3 dB"}')])
summarizer = ScriptedModel(["The power is 23 dBm [1]."])
verifier = ScriptedModel([json.dumps(verdict)])

agent = CoreAgent(
    models={"planner": planner, "caller": caller, "summarizer": summarizer, "verifier": verifier},
)
answer = agent.ask_sync("What is 3 dB more than 20 dBm?")
agent.close_sync()

assert answer.text == "The power is 23 dBm [1]."
assert answer.citations[0].document == "calculate"
for model in (planner, caller, summarizer, verifier):
    model.assert_done()
print("passed:", answer.text)
