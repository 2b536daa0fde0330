"""A broken ``coreagent.toml`` names file, line and key; ``models add`` never breaks one."""

import os
from pathlib import Path

import pytest
from tests.cli.driving import Cli, is_error

CONFIG = Path("coreagent.toml")


@pytest.mark.parametrize(
    ("text", "cause", "mend"),
    [
        ("models = [\n", ":1: not valid TOML", "key = value"),
        ("[agent]\nmax_steps = 1\nmax_steps = 2\n", ":3: not valid TOML: Cannot overwrite a value", ""),
        ("[agents]\n", ":1: agents: unknown key", "agent, budget"),
        ("[agent]\nmax_step = 3\n", ":2: agent.max_step: unknown key", "max_steps"),
        ('[models."v/m"]\napi_key = "sk-1"\n', ':2: models."v/m".api_key', "api_key_env"),
        ('[models.v.m]\nbase_url = "x"\n', "models.v.m: unknown key", "quotes"),
        ('[models."v/m"]\nprice = 3\n', ':2: models."v/m".price: must be a table', "'free'"),
        ('[models."v/m"]\nprice = {input_usd_per_mtok = inf, output_usd_per_mtok = 1}\n', "finite", ""),
    ],
)
def test_a_broken_file(cli: Cli, text: str, cause: str, mend: str) -> None:
    CONFIG.write_text(text, encoding="utf-8")
    result = cli("models", "list")
    assert result.code == 3
    assert result.error_lines[0].startswith("error: coreagent.toml:")
    assert cause in result.error_lines[0]
    assert mend in result.err


@pytest.mark.parametrize(
    ("text", "place", "allowed"),
    [
        ("\n\n[agent]\ngraph = 'corr'\n", ":4: agent.graph", "'core' or 'tool_use'"),
        ('[models."v/m"]\nroles = ["summariser"]\n', ':2: models."v/m".roles.0', "'summarizer'"),
        ("[routing.fixed]\nplaner = 'builtin/planner'\n", ":2: routing.fixed.planer", "'planner'"),
        ('[[routing.rules]]\nmodel = "a"\n[[routing.rules]]\nmodel = "b"\nrole = "x"\n', ":5: ", "'caller'"),
        ("[budget]\nusd = -1\n", ":2: budget.usd", "greater than or equal to 0"),
        ("[budget]\nusd = nan\n", ":2: budget.usd", "finite"),
    ],
)
def test_a_value_that_is_not_allowed(cli: Cli, text: str, place: str, allowed: str) -> None:
    CONFIG.write_text(text, encoding="utf-8")
    result = cli("models", "list")
    assert result.code == 3
    assert place in result.err
    assert allowed in result.err


@pytest.mark.parametrize(
    ("text", "cause", "mend"),
    [
        ('[knowledge]\ncorpora = ["nope"]\n', "knowledge.corpora: unknown corpus 'nope'", "primer"),
        ('[security]\nallow = ["nope"]\n', "security.allow: no tool 'nope'", "search_corpus"),
        ('[routing.fixed]\nplanner = "nope"\n', "no model 'nope'", "coreagent models add nope"),
    ],
)
def test_a_name_in_the_file_that_does_not_exist(cli: Cli, text: str, cause: str, mend: str) -> None:
    CONFIG.write_text(text, encoding="utf-8")
    is_error(cli("ask", "What is the A1 interface?"), 3, cause, mend)


@pytest.mark.parametrize(
    ("fields", "cause", "mend"),
    [
        ("", "has no base_url", "base_url ="),
        ('base_url = "not a url"', "not an address", "http://"),
        ('base_url = "http://127.0.0.1:9/v1"\napi_key_env = "COREAGENT_NO_KEY"', "COREAGENT_NO_KEY", "export"),
    ],
)
def test_a_model_that_can_not_be_built(cli: Cli, fields: str, cause: str, mend: str) -> None:
    CONFIG.write_text(f'[models."v/m"]\n{fields}\n', encoding="utf-8")
    is_error(cli("ask", "What is the A1 interface?", "--model", "planner=v/m"), 3, cause, mend)


def test_a_file_that_is_none(cli: Cli) -> None:
    CONFIG.write_bytes(b"\xff\xfe\x00")
    is_error(cli("models", "list"), 3, "not UTF-8", "UTF-8")
    CONFIG.unlink()
    CONFIG.mkdir()
    is_error(cli("models", "list"), 3, "Is a directory", "--config")
    CONFIG.rmdir()
    CONFIG.symlink_to(CONFIG)
    is_error(cli("models", "list"), 3, "symbolic links", "--config")
    is_error(cli("models", "add", "ollama/a", "--no-check"), 3, "symbolic links", "--config")
    is_error(cli("--config", "nope.toml", "models", "list"), 3, "no such settings file", "--config")


def test_a_byte_order_mark_is_no_mistake(cli: Cli) -> None:
    CONFIG.write_text("\ufeff[agent]\nmemory = false\n", encoding="utf-8")
    assert cli("models", "list").code == 0


def test_adding_a_model_twice(cli: Cli) -> None:
    assert cli("models", "add", "ollama/a", "--no-check").code == 0
    before = CONFIG.read_bytes()
    is_error(cli("models", "add", "ollama/a", "--no-check"), 3, "there already", "another name")
    assert CONFIG.read_bytes() == before


@pytest.mark.parametrize("price", ["cheap", "1", "1,2,3", "-1,2", "nan,2", "inf,2"])
def test_a_price_that_is_none(cli: Cli, price: str) -> None:
    is_error(cli("models", "add", "a/b", "--price", price, "--no-check"), 2, "is no price")
    assert not CONFIG.exists()


def test_an_address_that_is_none(cli: Cli) -> None:
    result = cli("models", "add", "a/b", "--base-url", "nonsense", "--no-check")
    is_error(result, 3, "not an address", "http://")
    assert not CONFIG.exists()


def test_a_settings_file_that_can_not_be_written(cli: Cli) -> None:
    is_error(cli("--config", f"{os.devnull}/x.toml", "models", "add", "a/b", "--no-check"), 3, "can not be", "--config")


def test_a_model_that_can_not_be_reached_is_said_so(cli: Cli) -> None:
    result = cli("models", "add", "a/b", "--base-url", "http://127.0.0.1:9/v1")
    assert result.code == 4
    assert "not reached" in result.out
    assert "Start the server" in result.out
