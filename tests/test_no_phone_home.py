"""Nothing leaves the machine but calls to the endpoints in the settings, whatever the libraries below would like."""

import os
import subprocess
import sys
from pathlib import Path

_SCRIPT = """
import asyncio, sys
asked = []
NETWORK = ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect", "socket.sendto")
sys.addaudithook(lambda name, args: asked.append((name, args)) if name in NETWORK else None)

from pathlib import Path
from coreagent import CoreAgent
from coreagent.settings import parse_settings

async def main():
    settings = parse_settings({"knowledge": {"dense_index": "chroma"}})
    async with CoreAgent(settings=settings) as agent:
        await asyncio.to_thread(agent.system.library.add, [Path("doc.md")], name="mine")
        answer = await agent.ask("How long does the battery of site 7 last?", corpora=["mine"])
        assert answer.status == "complete", answer
        graph = agent.graph

asyncio.run(main())
assert "chromadb" in sys.modules and "langgraph" in sys.modules
assert not [event for event in asked if event[0] != "socket.connect" or isinstance(event[1][1], tuple)], asked
print("quiet")
"""


def test_a_whole_run_with_chroma_makes_no_look_up_and_no_connection(tmp_path: Path, own_home: Path) -> None:
    (tmp_path / "doc.md").write_text("# Site 7\n\nThe battery of site 7 lasts 4 hours.\n", encoding="utf-8")
    tempting = {
        "LANGSMITH_TRACING": "true",
        "LANGCHAIN_TRACING_V2": "true",
        "LANGSMITH_API_KEY": "lsv2_example",
        "ANONYMIZED_TELEMETRY": "True",
    }
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT],
        env={**os.environ, **tempting, "COREAGENT_HOME": str(own_home)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.stdout.strip() == "quiet", done.stderr
