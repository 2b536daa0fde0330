from pathlib import Path

import pytest

from coreagent.errors import SettingsError
from coreagent.settings import Environment, Settings, find_config, load_settings


def write(folder: Path, text: str) -> Path:
    path = folder / "coreagent.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_everything_has_a_default() -> None:
    assert load_settings(None) == Settings()


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    settings = load_settings(
        write(
            tmp_path,
            """
[models."ollama/q:7b"]
base_url = "http://127.0.0.1:11434/v1"
price = "free"
roles = ["summarizer"]
[models."gpu/big"]
base_url = "http://127.0.0.1:8000/v1"
price = { gpu_usd_per_hour = 2.5, tokens_per_s = 1000 }
[routing]
policy = "rules"
[[routing.rules]]
model = "gpu/big"
role = "planner"
[budget]
usd = 0.5
""",
        )
    )
    assert settings.models["ollama/q:7b"].price == "free"
    assert settings.routing.rules[0].model == "gpu/big"
    assert settings.budget.usd == 0.5


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[agent]\nmax_replans = 1\nmax_replan = 2\n", 3, "unknown key"),
        ('[models."a/b"]\nadapter = "openai"\n', 2, "allowed values: 'builtin', 'openai_compatible'"),
        ("[budget]\n\nusd = -1\n", 3, "greater than or equal to 0"),
        ("[agent]\nmax_replans = \n", 2, "not valid TOML"),
        ('[models."a/b"]\nprice = { input_usd_per_mtok = 1 }\n', 2, "gpu_usd_per_hour and tokens_per_s"),
        ("[routing]\npolicy = 3\n", 2, "must be a valid string"),
    ],
)
def test_a_broken_file_is_named_with_line_key_and_allowed_values(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert words in str(caught.value)


def test_an_unknown_key_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(write(tmp_path, "[agent]\nretries = 2\n"))
    assert "max_replans" in caught.value.mend


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ('[models."a/b"]\nprice = { gpu_usd_per_day = 1 }\n', "gpu_usd_per_hour"),
        ('[models."a/b".energy]\njoules = 1\n', "watts"),
        ('[models."a/b".hardware]\ngpu = "L4"\narchitecture = "x"\ngpus = 1\n', "weight_bits"),
        ("[budget.agents.planner]\ndollars = 1\n", "wh"),
        ("[budget]\ndollars = 1\n", "agents"),
    ],
)
def test_an_unknown_key_inside_a_table_names_those_of_it(tmp_path: Path, text: str, known: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(write(tmp_path, text))
    assert "unknown key" in str(caught.value)
    assert known in caught.value.mend


def test_costs_and_limits_are_read(tmp_path: Path) -> None:
    settings = load_settings(
        write(
            tmp_path,
            """
[models."gpu/big"]
released = 2024-07-23
traits = { verbosity = 0.3 }
price = { gpu_usd_per_hour = 2.5 }
energy = { watts = 350, tokens_per_s = 900 }
hardware = { gpu = "A100-80G", architecture = "llama-3-8b", weight_bits = 8, count = 2 }
[budget]
wh = 2.5
[budget.agents.verifier]
calls = 3
""",
        )
    )
    model = settings.models["gpu/big"]
    assert model.hardware is not None
    assert (model.hardware.weight_bits, model.hardware.kv_bits, model.hardware.count) == (8, 16, 2)
    assert str(model.released) == "2024-07-23"
    assert (settings.budget.wh, settings.budget.agents["verifier"].calls) == (2.5, 3)


def test_a_binary_file_is_an_error_in_words(tmp_path: Path) -> None:
    path = tmp_path / "coreagent.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="not UTF-8"):
        load_settings(path)


def test_the_order_in_which_a_file_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    here = write(tmp_path, "")
    named = tmp_path / "other.toml"
    named.write_text("", encoding="utf-8")
    assert find_config(None, Environment({})) == here.relative_to(tmp_path)
    assert find_config(None, Environment({"COREAGENT_CONFIG": str(named)})) == named
    assert find_config(here, Environment({"COREAGENT_CONFIG": str(named)})) == here
    with pytest.raises(SettingsError, match="no such settings file"):
        find_config(tmp_path / "missing.toml", Environment({}))


def test_a_key_that_is_not_in_the_environment_is_named(tmp_path: Path) -> None:
    assert Environment({"K": "v"}).secret("K", model="m") == "v"
    assert Environment({}).secret("", model="m") == ""
    with pytest.raises(SettingsError, match="environment variable K, which is not set"):
        Environment({}).secret("K", model="m")
