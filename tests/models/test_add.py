import os
from pathlib import Path

import pytest

from coreagent.errors import SettingsError
from coreagent.models.add import add_model
from coreagent.settings import load_settings

WRITTEN = """# My models.
builtin = true   # keep these

[models."site/a"]  # the small one
model = "a"
price = "free"

[routing]
policy="cheapest"  # odd   spacing
"""


def test_what_a_person_wrote_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "coreagent.toml"
    path.write_text(WRITTEN)
    add_model(path, "ollama/qwen3:8b", {"price": "free", "roles": ("planner",)})
    text = path.read_text()
    for line in WRITTEN.splitlines():
        assert line in text
    made = load_settings(path).models["ollama/qwen3:8b"]
    assert (made.adapter, made.model, made.base_url) == ("openai_compatible", "qwen3:8b", "http://127.0.0.1:11434/v1")
    assert made.roles == ("planner",)
    assert load_settings(path).routing.policy == "cheapest"


@pytest.mark.parametrize(
    ("name", "fields", "adapter", "base_url"),
    [
        ("vllm/tiny", {}, "openai_compatible", "http://127.0.0.1:8000/v1"),
        ("vllm/tiny", {"base_url": "http://gpu:9000/v1"}, "openai_compatible", "http://gpu:9000/v1"),
        ("anthropic/some", {}, "litellm", ""),
        ("mine", {"base_url": "http://gpu:9000/v1"}, "openai_compatible", "http://gpu:9000/v1"),
        ("ollama/x", {"adapter": "litellm"}, "litellm", ""),
    ],
)
def test_address_and_adapter_are_guessed(
    tmp_path: Path, name: str, fields: dict[str, str], adapter: str, base_url: str
) -> None:
    path = tmp_path / "coreagent.toml"
    add_model(path, name, fields)
    made = load_settings(path).models[name]
    assert (made.adapter, made.base_url) == (adapter, base_url)


def test_a_price_table_and_no_nones(tmp_path: Path) -> None:
    path = tmp_path / "new" / "coreagent.toml"
    add_model(path, "a/b", {"price": {"input_usd_per_mtok": 1.0, "output_usd_per_mtok": 2.0}, "quality": None})
    assert "price = {input_usd_per_mtok = 1.0, output_usd_per_mtok = 2.0}" in path.read_text()
    assert "quality" not in path.read_text()


@pytest.mark.parametrize(
    ("content", "name", "fields", "problem"),
    [
        (WRITTEN, "site/a", {}, "there already"),
        (WRITTEN, "  ", {}, "needs a name"),
        (WRITTEN, "b", {"context_tokens": -5}, "context_tokens"),
        (WRITTEN, "b", {"placment": "site"}, "unknown key"),
        (WRITTEN, "b", {"price": "cheap"}, "price"),
        ("models = {}\n", "b", {}, "table of its own"),
        ("models = 3\n", "b", {}, "table of its own"),
        ("[models\n", "b", {}, "not valid TOML"),
        ("\udcff", "b", {}, "not UTF-8 text"),
    ],
)
def test_a_refusal_leaves_the_file_alone(
    tmp_path: Path, content: str, name: str, fields: dict[str, object], problem: str
) -> None:
    path = tmp_path / "coreagent.toml"
    path.write_bytes(content.encode(errors="surrogateescape"))
    before = path.read_bytes()
    with pytest.raises(SettingsError, match=problem):
        add_model(path, name, fields)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["coreagent.toml"]


def test_the_file_behind_a_link_is_the_one_that_changes(tmp_path: Path) -> None:
    real = tmp_path / "real.toml"
    real.write_text("# mine\n")
    real.chmod(0o600)
    link = tmp_path / "coreagent.toml"
    link.symlink_to(real)
    add_model(link, "vllm/x", {})
    assert link.is_symlink()
    assert "vllm/x" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o600


def test_a_crash_in_the_middle_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "coreagent.toml"
    path.write_text(WRITTEN)

    def crash(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", crash)
    with pytest.raises(SettingsError, match="No space left"):
        add_model(path, "vllm/x", {})
    assert path.read_text() == WRITTEN
    assert os.listdir(tmp_path) == ["coreagent.toml"]
