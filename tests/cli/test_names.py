"""Names that do not exist: the nearest one is offered, the known ones are listed."""

import pytest
from tests.cli.driving import Cli, is_error


@pytest.mark.parametrize(
    ("arguments", "cause", "mend"),
    [
        (
            ["ask", "x", "--model", "summariser=gpt-9"],
            "unknown role 'summariser' (did you mean summarizer?)",
            "planner",
        ),
        (["ask", "x", "--model", "summarizer=gpt-9"], "unknown model 'gpt-9'", "coreagent models add gpt-9"),
        (["ask", "x", "--model", "summarizer"], "not of the form role=name", "summarizer="),
        (["ask", "x", "--model", "summarizer="], "not of the form role=name", "summarizer="),
        (["ask", "x", "--model", "planner=builtin/caller"], "does not play planner", "builtin/planner"),
        (["ask", "x", "--corpus", "prime"], "unknown corpus 'prime' (did you mean primer?)", "primer"),
        (["ask", "x", "--graph", "tool-use"], "'core', 'tool_use'", "coreagent ask --help"),
        (["ask", "x", "--corpora", "primer"], "Did you mean '--corpus'", "coreagent ask --help"),
        (["aks", "x"], "unknown command 'aks' (did you mean ask?)", "coreagent ask"),
        (["What is the A1 interface?"], "unknown command", 'coreagent ask "..."'),
        (["corpus", "nope"], "no such command 'nope'", "coreagent corpus --help"),
        (["corpus", "show", "nope"], "unknown corpus 'nope'", "primer"),
        (["corpus", "show", "primer", "nope"], "unknown document 'nope'", "coreagent corpus show primer"),
        (["corpus", "audit", "nope"], "unknown corpus 'nope'", "primer"),
        (["corpus", "remove", "nope", "--yes"], "unknown corpus 'nope'", "primer"),
        (["corpus", "remove", "primer", "--yes"], "can not be removed", ""),
        (["corpus", "search", "x", "--corpus", "nope"], "unknown corpus 'nope'", "primer"),
        (["corpus", "search", "x", "--limit", "0"], "not in the range", "coreagent corpus search --help"),
        (["graph", "show", "nope"], "unknown graph 'nope'", "core, tool_use"),
        (["models", "check", "nope"], "unknown model 'nope'", "coreagent models add nope"),
        (["runs", "show", "nope"], "unknown run 'nope'", "coreagent runs list"),
        (["runs", "resume", "nope"], "unknown run 'nope'", "coreagent runs list"),
        (["runs", "list", "--status", "done"], "'finished'", "coreagent runs list --help"),
        (["runs", "prune"], "nothing says what to delete", "--keep"),
        (["runs", "prune", "--keep", "-1"], "--keep", "coreagent runs prune --help"),
        (["runs", "prune", "--older-than-days", "nan"], "--older-than-days", "coreagent runs prune --help"),
        (["memory", "delete", "nope"], "nope", ""),
        (["completion", "tcsh"], "'bash', 'zsh', 'fish'", "coreagent completion --help"),
        (["--home", "", "ask", "x"], "empty", "--help"),
        (["--config", "", "ask", "x"], "empty", "--help"),
    ],
)
def test_an_unknown_name(cli: Cli, arguments: list[str], cause: str, mend: str) -> None:
    is_error(cli(*arguments), 2, cause, mend)


def test_without_a_command_the_help_is_shown(cli: Cli) -> None:
    result = cli()
    assert result.code == 2
    assert "Commands:" in result.err


@pytest.mark.parametrize("group", [[], ["corpus"], ["models"], ["runs"], ["memory"], ["graph"], ["ask"], ["doctor"]])
def test_every_help_text_fits_80_columns_and_ends_its_sentences(cli: Cli, group: list[str]) -> None:
    result = cli(*group, "--help")
    assert result.code == 0
    assert max(map(len, result.out.splitlines())) <= 80
    assert "..." not in result.out.partition("Commands:")[2]
