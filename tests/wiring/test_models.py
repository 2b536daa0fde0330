"""Models are ready without anything heavy, wrapped as the caller asks."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from coreagent.errors import SettingsError, UnknownNameError
from coreagent.models.chat import ChatModel
from coreagent.models.measured import Measurements
from coreagent.models.wrapper import WrappedModel
from coreagent.settings import Environment, ModelSettings, Settings
from coreagent.testing import ScriptedModel
from coreagent.wiring.models import build_registry

SETTINGS = Settings(models={"site/m": ModelSettings(base_url="http://127.0.0.1:9/v1", price="free")})

LIGHT = """
import json, sys
from coreagent.settings import Environment, ModelSettings, Settings
from coreagent.wiring.models import build_registry
settings = Settings(models={"site/m": ModelSettings(base_url="http://127.0.0.1:9/v1", price="free")})
build_registry(settings, Environment({})).get("site/m")
print(json.dumps(sorted(sys.modules)))
"""


def test_a_model_behind_an_endpoint_loads_no_graph_corpus_or_statistics() -> None:
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(json.loads(done.stdout))
    assert "aiohttp" in loaded
    heavy = {"langgraph", "langchain_core", "scipy", "sklearn", "chromadb", "litellm", "tokenizers", "textual", "ray"}
    assert not loaded & heavy
    assert not loaded & {"coreagent.graphs", "coreagent.agents", "coreagent.knowledge", "coreagent.models.builtin"}


def test_every_model_is_wrapped_once_as_it_is_built() -> None:
    wrapped: list[str] = []

    def wrap(model: ChatModel) -> ChatModel:
        wrapped.append(model.card.name)
        return WrappedModel(model)

    given = ScriptedModel(["a plan"])
    registry = build_registry(SETTINGS, Environment({}), given={"planner": given}, wrap=wrap)
    assert isinstance(registry.get("site/m"), WrappedModel)
    assert registry.get("site/m") is registry.get("site/m")
    registry.get("scripted")
    assert wrapped == ["site/m", "scripted"]


def test_given_models_take_a_role_from_all_others() -> None:
    registry = build_registry(SETTINGS, Environment({}), given={"planner": ScriptedModel([])})
    assert [card.name for card in registry.for_role("planner")] == ["scripted"]
    assert "planner" not in registry.card("site/m").roles


def test_a_missing_address_and_an_unknown_name_are_said() -> None:
    registry = build_registry(Settings(models={"site/m": ModelSettings()}), Environment({}))
    with pytest.raises(SettingsError, match="has no base_url"):
        registry.get("site/m")
    with pytest.raises(UnknownNameError, match="site/x"):
        registry.get("site/x")


def test_damaged_measurements_stop_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    damaged = tmp_path / "measured.sqlite"
    damaged.write_bytes(b"no database")
    registry = build_registry(SETTINGS, Environment({}), measurements=Measurements(damaged))
    assert registry.card("site/m").name == "site/m"
    assert "is not a database" in caplog.text
