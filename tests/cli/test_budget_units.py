"""Watt-hours and calls as limits of a command."""

from pathlib import Path

from tests.cli.driving import Cli, Endpoint, is_error
from tests.cli.evaluating import Knowing, write_questions

from coreagent.evals.run_folder import RunFolder

QUESTION = "What is the A1 interface?"
METERED = 'price = "free"\nenergy = {input_wh_per_mtok = 1000, output_wh_per_mtok = 1000}'
RUN = RunFolder(Path("run"))


def test_a_model_nobody_metered_is_not_used_under_a_limit_of_watt_hours(cli: Cli, endpoint: Endpoint) -> None:
    with endpoint([]) as server:
        result = cli("ask", QUESTION, "--model", "summarizer=v/m", "--budget-wh", "1")
        server.assert_done()
    assert result.code == 4
    assert "nobody stated what it consumes" in result.err


def test_watt_hours_that_do_not_fit_give_the_partial_answer(cli: Cli, endpoint: Endpoint) -> None:
    with endpoint([], extra=METERED) as server:
        result = cli("ask", QUESTION, "--model", "summarizer=v/m", "--budget-wh", "0.1")
        server.assert_done()
    assert result.code == 5
    assert "Wh, 0.1 Wh is left in the run budget" in result.error_lines[0]
    assert "Raise the wh limit, or choose a smaller model" in result.error_lines[1]
    assert "Found so far" in result.out


def test_built_in_models_count_for_nothing(cli: Cli) -> None:
    assert cli("ask", QUESTION, "--budget-wh", "0").code == 0


def test_calls_are_limited(cli: Cli) -> None:
    result = cli("ask", QUESTION, "--budget-calls", "1")
    assert result.code == 5
    assert "no model call is left in the run budget" in result.error_lines[0]


def test_a_limit_in_the_settings_holds_for_one_agent(cli: Cli) -> None:
    Path("coreagent.toml").write_text("[budget.agents.summarizer]\ntokens = 1\n", encoding="utf-8")
    result = cli("ask", QUESTION)
    assert result.code == 5
    assert "1 tokens is left in the agent summarizer budget" in result.error_lines[0]
    Path("coreagent.toml").write_text("[budget.agents.summarizer]\nhours = 1\n", encoding="utf-8")
    is_error(cli("ask", QUESTION), 3, "coreagent.toml:2: budget.agents.summarizer.hours: unknown key", "calls")


def test_unmetered_models_are_refused_before_an_evaluation(cli: Cli, endpoint: Endpoint) -> None:
    suite, knowing = write_questions(3), Knowing()
    with endpoint(knowing.replies):
        for limit in ("--budget-wh", "--sample-wh"):
            result = cli("eval", "run", suite, "--system", "model:v/m", limit, "1", "--out", "run")
            is_error(result, 3, "nobody stated those of this model, which 'model:v/m' asks", "energy =")
    assert not knowing.asked and not Path("run").exists()


def test_what_an_evaluation_consumed_before_counts_when_it_is_resumed(cli: Cli, endpoint: Endpoint) -> None:
    suite, knowing = write_questions(12), Knowing()
    arguments = ("--system", "model:v/m", "--no-baselines", "--out", "run", "--concurrency", "1")
    with endpoint(knowing.replies, extra=METERED + "\nmax_output_tokens = 300"):
        ended = cli("eval", "run", suite, *arguments, "--budget-wh", "0.8")
        assert ended.code == 5, ended.err
        done = RUN.recorded()
        assert 0 < done < 12
        assert cli("eval", "resume", "run").code == 5
        assert RUN.recorded() == done
        assert cli("eval", "resume", "run", "--budget-wh", "50").code == 0
    assert set(knowing.asked.values()) == {1}
    assert all(call.wh > 0 for record in RUN.records() for call in record.calls)
