"""A model behind an OpenAI-compatible endpoint writes the answers; the rest stays built-in. Only the settings differ.

The endpoint here is a local stand-in that speaks the protocol. Point ``base_url`` at vLLM, Ollama, llama.cpp or a
gateway and nothing else changes.
"""

import asyncio
import tomllib

from coreagent import CoreAgent
from coreagent.settings import parse_settings
from coreagent.testing.openai_server import OpenAIServer

CONFIG = """
[models."site/writer"]
adapter = "openai_compatible"
base_url = "{base_url}"
roles = ["summarizer"]
placement = "site"
clearance = "confidential"
price = {{ input_usd_per_mtok = 0.20, output_usd_per_mtok = 0.60 }}
quality = 0.8
"""


async def main() -> None:
    """Serve, configure, ask."""
    written = "The A1 interface carries policies from the non-RT RIC to the near-RT RIC [1][2]."
    async with OpenAIServer([written]) as server:
        settings = parse_settings(tomllib.loads(CONFIG.format(base_url=server.base_url)))
        async with CoreAgent(settings=settings) as agent:
            answer = await agent.ask("Which interface carries A1 policies?")
    print(answer.text)
    print(f"{answer.notes}  ${answer.cost_usd:.6f}")
    for decision in answer.decisions:
        print(f"{decision.role:10} -> {decision.model:18} {decision.reason}")


asyncio.run(main())
