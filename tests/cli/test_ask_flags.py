"""``coreagent ask --flag``: objectives weighed for one question."""

import pytest
from tests.cli.driving import Cli, Endpoint, is_error

QUESTION = "What is the A1 interface?"
LARGE = 'quality = 0.9\nprice = "free"\nparams_b = 70.0\nmax_attempts = 1'


def test_a_weight_on_size_turns_the_choice_to_the_small_model(cli: Cli, endpoint: Endpoint) -> None:
    small = (
        '[models."v/s"]\nbase_url = "http://127.0.0.1:9/v1"\nroles = ["summarizer"]\nquality = 0.7\nparams_b = 7.0\n'
    )
    with endpoint(["It carries policies [1]."], extra=f'{LARGE}\n{small}price = "free"\nmax_attempts = 1') as server:
        assert cli("ask", QUESTION, "--flag", "size=0").code == 0
        told = cli("ask", QUESTION, "--flag", "size=0.5", "--explain")
        assert "v/s" in told.out or "v/s" in told.err
        assert len(server.requests) <= 2
    assert "x size 0.10" in told.out


@pytest.mark.parametrize(
    ("flag", "cause", "mend"),
    [
        ("sise=1", "unknown flag 'sise'", "Known: "),
        ("size", "not of the form name=weight", "--flag size=0.3"),
        ("size=much", "not of the form name=weight", "--flag size=0.3"),
        ("size=11", "weight of flag size", "0 to 10"),
        ("size=nan", "weight of flag size", "0 to 10"),
    ],
)
def test_a_wrong_flag_is_refused_with_what_is_right(cli: Cli, flag: str, cause: str, mend: str) -> None:
    is_error(cli("ask", QUESTION, "--flag", flag), 2, cause, mend)
