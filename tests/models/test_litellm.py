"""litellm at arm's length: what loading it must not do. What it must do is in the contract of all chat models."""

import subprocess
import sys
from pathlib import Path

from coreagent.models.card import ModelCard
from coreagent.models.litellm import LiteLLMModel
from coreagent.models.litellm_prices import listed_price

PROBE = """
import asyncio, os, socket, sys

def refuse(*_, **__):
    raise AssertionError("a host was looked up")

socket.getaddrinfo = refuse
from coreagent.models.card import ModelCard
from coreagent.models import litellm
model = litellm.LiteLLMModel(ModelCard(name="m", adapter="litellm", model="openai/x"))
assert "litellm" not in sys.modules, "loaded before the first call"
module = litellm.load()
assert os.environ.get("LEAK_OF_DOT_ENV") is None, "a .env file was loaded"
assert module.num_retries == 0 and module.suppress_debug_info
asyncio.run(model.close())
print("quiet")
"""


def test_loading_is_late_offline_and_leaves_the_environment_alone(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LEAK_OF_DOT_ENV=1\n")
    found = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False
    )
    assert (found.stdout.strip(), found.stderr) == ("quiet", "")


def test_the_key_is_not_in_its_representation() -> None:
    card = ModelCard(name="m", adapter="litellm", model="openai/x")
    assert "sk-secret" not in repr(LiteLLMModel(card, api_key="sk-secret"))


def test_a_listed_price_of_another_provider_is_not_taken() -> None:
    assert listed_price("openai/gpt-4o").known
    assert not listed_price("hosted_vllm/gpt-4o").known
    assert not listed_price("").known
    assert not listed_price("ollama/codellama").known
