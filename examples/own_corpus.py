"""Your own documents: add them, label them, and get answers that cite them."""

import tempfile
from pathlib import Path

from coreagent import CoreAgent, Sensitivity

RUNBOOK = """# Site 4711 runbook

## Power

Site 4711 has two rectifiers of 3 kW each. The battery of site 4711 lasts 4 hours at full load.

## Transport

Site 4711 reaches the aggregation router agg-12 over a microwave link of 1 Gbit/s.
"""

with tempfile.TemporaryDirectory() as folder:
    document = Path(folder, "site-4711.md")
    document.write_text(RUNBOOK, encoding="utf-8")

    agent = CoreAgent(home=Path(folder, "home"))
    report = agent.system.library.add([document], name="runbooks", label=Sensitivity.CONFIDENTIAL)
    print(f"{report.added} added, {report.chunks} chunks")

    answer = agent.ask_sync("How long does the battery of site 4711 last?", corpora=["runbooks"])
    print(answer.text)
    print(*answer.citations, sep="\n")
    print("label:", answer.label)
    agent.close_sync()
