"""``coreagent route show``."""

import json
from pathlib import Path

from tests.cli.driving import Cli, is_error
from tests.cli.routers import COUNT, write_router, write_settings


def test_what_a_router_knows_and_what_wishes_would_give(cli: Cli) -> None:
    told = cli("route", "show", write_router())
    assert (told.code, told.err) == (0, "")
    for words in ("small, large", f"{COUNT} prompts", "held-out routed", "telecom-static", "aims at",
                  "at most 5 points below the best model", "not in the settings: small, large"):  # fmt: skip
        assert words in told.out
    assert "% local" not in told.out


def test_models_of_the_settings_that_it_does_not_know_are_named(cli: Cli) -> None:
    write_settings()
    with Path("coreagent.toml").open("a", encoding="utf-8") as file:
        file.write('[models.new]\nbase_url = "http://127.0.0.1:9/v1"\n')
    told = cli("route", "show", write_router())
    assert "models of the settings it does not know: new" in told.out
    assert "not in the settings" not in told.out
    assert "50 % local" in told.out


def test_everything_as_json(cli: Cli) -> None:
    data = json.loads(cli("route", "show", write_router(), "--json").out)
    assert data["models"] == ["small", "large"]
    assert data["not_in_settings"] == ["small", "large"]
    assert data["scores"]["rows"] == COUNT
    wishes = [point["wish"] for point in data["points"]]
    assert wishes[0] == data["aims at"] == "at most 1 point below the best model"
    assert len(wishes) == len(set(wishes))


def test_what_is_no_router_is_two_lines(cli: Cli) -> None:
    is_error(cli("route", "show", "nowhere.npz"), 3, "can not be read", "coreagent route train")
    Path("t.npz").write_bytes(b"PK")
    is_error(cli("route", "show", "t.npz"), 3, "damaged")
    assert cli("route", "show").code == 2
