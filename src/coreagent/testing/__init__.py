"""Test doubles, public: use them to test what you build on this package.

The local endpoint is in :mod:`coreagent.testing.openai_server`, which needs aiohttp and so is not imported here.
"""

from coreagent.testing.clock import ManualClock
from coreagent.testing.hash_embedder import HashEmbedder
from coreagent.testing.scripted import (
    SCRIPTED_CARD,
    ScriptedModel,
    Step,
    UnconsumedSteps,
    UnexpectedModelCall,
)

__all__ = [
    "SCRIPTED_CARD",
    "HashEmbedder",
    "ManualClock",
    "ScriptedModel",
    "Step",
    "UnconsumedSteps",
    "UnexpectedModelCall",
]
