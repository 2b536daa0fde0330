"""``coreagent route explain`` and ``route replay``: a run's decisions in words, and under another policy."""

import json

from tests.cli.driving import Cli, Endpoint, is_error
from tests.cli.evaluating import write_questions

QUESTION = "What is the A1 interface?"
PAID = "price = {input_usd_per_mtok = 10.0, output_usd_per_mtok = 10.0}\nquality = 0.9\nmax_attempts = 1"
ANSWER = "The A1 interface carries policies from the non-RT RIC to the near-RT RIC [1]."


def test_a_run_is_explained_call_by_call(cli: Cli) -> None:
    assert cli("ask", QUESTION).code == 0
    told = cli("route", "explain")
    assert told.code == 0
    for role in ("planner", "caller", "summarizer", "verifier"):
        assert f"builtin/{role}" in told.out
    one = cli("route", "explain", "last", "--subtask", "answer", "--json")
    decisions = [json.loads(line) for line in one.out.splitlines()]
    assert [decision["role"] for decision in decisions] == ["summarizer"]
    assert decisions[0]["candidates"]


def test_a_run_that_is_not_there_is_named(cli: Cli) -> None:
    assert cli("route", "explain", "nothing").code == 2
    assert cli("route", "replay", "nothing", "--policy", "cheapest").code == 2


def test_another_policy_says_what_it_would_have_cost_and_asks_nobody(cli: Cli, endpoint: Endpoint) -> None:
    with endpoint([ANSWER], extra=PAID) as server:
        assert cli("ask", QUESTION).code == 0
        told = cli("route", "replay", "--policy", "cheapest_above(quality=0.2)", "--json")
        rows = [json.loads(line) for line in told.out.splitlines()]
        summarizer = next(row for row in rows if row["role"] == "summarizer")
        assert (summarizer["was"], summarizer["model"], summarizer["usd"]) == ("v/m", "builtin/summarizer", 0.0)
        assert summarizer["paid_usd"] > 0
        table = cli("route", "replay", "--policy", "cheapest_above(quality=0.2)")
        assert "1 of 4 calls would differ" in table.out
        assert len(server.requests) == 1


def test_a_replay_for_real_asks_only_for_what_was_never_answered(cli: Cli, endpoint: Endpoint) -> None:
    with endpoint([ANSWER], extra=PAID) as server:
        assert cli("ask", QUESTION).code == 0
        again = cli("route", "replay", "--policy", "cheapest_above(quality=0.8)", "--run")
        assert again.code == 0
        assert "policies" in again.out
        assert len(server.requests) == 1, "the same request is not sent again"


def test_an_evaluation_is_rerouted_trial_by_trial(cli: Cli) -> None:
    suite = write_questions(3)
    assert cli("eval", "run", suite, "--no-baselines", "--out", "first").code == 0
    told = cli("route", "replay", "first", "--policy", "best()")
    assert told.code == 0
    assert "0 of " in told.out
    assert "calls would differ" in told.out


def test_an_evaluation_of_bare_models_has_nothing_to_reroute(cli: Cli) -> None:
    suite = write_questions(3)
    assert cli("eval", "run", suite, "--system", "baseline:first", "--no-baselines", "--out", "first").code == 0
    is_error(cli("route", "replay", "first", "--policy", "best()"), 2, "no routed call", "--system core")
