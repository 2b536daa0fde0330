"""``[knowledge.embedder]`` and ``[knowledge.reranker]`` as a user meets them: in the doctor, a search, a mistake."""

import json
from pathlib import Path

import pytest
from tests.cli.driving import Cli, Endpoint, Result, is_error

from coreagent.testing.replies import SERVER_ERROR, UNAUTHORIZED, HttpError, Reply

KEY = "sk-very-secret-0123456789"


def configure(base_url: str, *, embedder: str = "", reranker: bool = True) -> None:
    lines = ["[knowledge.embedder]", 'adapter = "openai_compatible"', 'model = "tiny"', f'base_url = "{base_url}"']
    lines += ["max_attempts = 1", embedder]
    if reranker:
        lines += ["[knowledge.reranker]", f'base_url = "{base_url}"', 'model = "cross"']
    Path("coreagent.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def findings(result: Result) -> dict[str, tuple[str, str]]:
    """Mark and text of each line of the doctor, by name."""
    found = [line for line in result.out.splitlines() if not line.startswith(" ")]
    return {line[6:].split(":")[0]: (line[:4].strip(), line) for line in found}


def test_the_doctor_reaches_both(cli: Cli, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDDER_KEY", KEY)
    with endpoint(["ok", "ok"]) as server:
        configure(server.base_url, embedder='api_key_env = "EMBEDDER_KEY"')
        result = cli("doctor")
        server.assert_done()
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
        assert "authorization" not in server.requests[1].headers
    found = findings(result)
    assert found["corpus embedder"][0] == "ok" and "tiny, 64 dimensions" in found["corpus embedder"][1]
    assert found["re-ranker"][0] == "ok" and "cross" in found["re-ranker"][1]
    assert KEY not in result.out


@pytest.mark.parametrize(
    ("reply", "cause", "mend"),
    [
        (UNAUTHORIZED, "refused the key (HTTP 401)", "api_key_env"),
        (SERVER_ERROR, "HTTP 500", "log of the server"),
        (HttpError(404, "no such model"), "HTTP 404", "base_url"),
    ],
)
def test_the_doctor_says_what_is_wrong(cli: Cli, endpoint: Endpoint, reply: Reply, cause: str, mend: str) -> None:
    with endpoint([reply]) as server:
        configure(server.base_url, reranker=False)
        result = cli("doctor")
        server.assert_done()
    assert result.code == 1
    mark, line = findings(result)["corpus embedder"]
    assert mark == "FAIL" and cause in line
    assert mend in result.out


def test_the_doctor_calls_nobody_when_told_so(cli: Cli, endpoint: Endpoint) -> None:
    with endpoint([]) as server:
        configure(server.base_url)
        assert cli("doctor", "--no-endpoints").code == 0
        server.assert_done()


def test_a_search_with_both(cli: Cli, endpoint: Endpoint) -> None:
    with endpoint(["ok"] * 60) as server:
        configure(server.base_url)
        result = cli("corpus", "search", "What is the A1 interface?")
        paths = [request.path for request in server.requests]
    assert result.code == 0 and "A1 interface" in result.out
    assert paths[0] == "/v1/embeddings" and paths[-1] == "/v1/rerank"


def test_a_missing_key_is_named(cli: Cli) -> None:
    configure("http://127.0.0.1:9/v1", embedder='api_key_env = "EMBEDDER_KEY_THAT_IS_NOT_SET"')
    is_error(cli("corpus", "list"), 3, "EMBEDDER_KEY_THAT_IS_NOT_SET, which is not set", "export")


def test_nobody_listens(cli: Cli) -> None:
    configure("http://127.0.0.1:9/v1")
    for arguments in (("corpus", "list"), ("corpus", "search", "What is a cell?"), ("ask", "What is a cell?")):
        is_error(cli(*arguments), 4, "tiny: no connection to http://127.0.0.1:9/v1/embeddings", "Start the server")


@pytest.mark.parametrize("graph", ["core", "tool_use"])
def test_a_search_that_failed_is_no_search_that_found_nothing(cli: Cli, endpoint: Endpoint, graph: str) -> None:
    Path("manual.md").write_text("# Power\n\nUse a 16 A breaker for each unit.\n", encoding="utf-8")
    with endpoint(["ok"] * 60) as server:
        configure(server.base_url, embedder="dimensions = 64", reranker=False)
        assert cli("corpus", "add", "manual.md", "--name", "site").code == 0
        assert cli("corpus", "list").code == 0  # Embeds the primer, which comes with the package.
    configure("http://127.0.0.1:9/v1", embedder="dimensions = 64", reranker=False)
    result = cli("ask", "Which breaker does each unit need?", "--corpus", "site", "--graph", graph, "--json")
    assert result.code == 4
    answer = json.loads(result.out)
    assert (answer["status"], answer["error"]) == ("partial", "ModelUnreachableError")
    assert "NOT FOUND" not in answer["text"]
    assert "no connection to http://127.0.0.1:9/v1/embeddings" in answer["notes"][-1]
    assert "Start the server" in answer["mend"]
    assert "no connection to http://127.0.0.1:9/v1/embeddings" in result.err


def test_questions_above_the_clearance_are_refused_before_any_is_sent(cli: Cli, endpoint: Endpoint) -> None:
    with endpoint([]) as server:
        configure(server.base_url, reranker=False)
        with Path("coreagent.toml").open("a") as file:
            file.write('[security]\nmin_label = "confidential"\n')
        is_error(cli("ask", "What is a cell?"), 3, "every question is labelled confidential", "clearance")
        server.assert_done()
