"""``coreagent route sweep``."""

import json
from pathlib import Path

from tests.cli.driving import Cli, is_error
from tests.cli.routers import write_router, write_settings, write_table


def test_the_weight_of_a_flag_is_swept(cli: Cli) -> None:
    write_settings()
    table = write_table(count=60, seed=3)
    told = cli("route", "sweep", table, "--flag", "size", "--router", write_router())
    assert (told.code, told.err) == (0, "")
    for words in ("mean loss", "mean size", "0.01  small", "1.00  large", "small 100 %", "one of the best at"):
        assert words in told.out
    data = json.loads(cli("route", "sweep", table, "--flag", "security", "--json").out)
    assert (data["models"], data["rows"], data["predicted_by"]) == (["small", "large"], 60, "held-out predictions")
    assert len(data["points"]) == len(data["shares"])


def test_what_can_not_be_swept_is_two_lines(cli: Cli) -> None:
    table = write_table()
    is_error(cli("route", "sweep", table, "--flag", "size"), 2, "do not say what size costs", "params_b")
    write_settings()
    is_error(cli("route", "sweep", table, "--flag", "recency"), 2, "do not say what recency costs", "released")
    is_error(cli("route", "sweep", table, "--flag", "weight"), 2, "'weight'", "--help")
    is_error(cli("route", "sweep", table, "--flag", "size", "--router", write_router()), 2, "80 of these 80 rows")
    is_error(cli("route", "sweep", "nowhere.csv", "--flag", "size"), 2, "nowhere.csv")
    Path("text.npz").write_text("x")
    is_error(cli("route", "sweep", table, "--flag", "size", "--router", "text.npz"), 3, "damaged")
