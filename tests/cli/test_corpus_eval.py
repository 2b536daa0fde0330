"""``coreagent corpus eval`` and ``coreagent corpus stats``, as a user meets them."""

import json
from pathlib import Path

import pytest
from tests.cli.driving import Cli, is_error

from coreagent.knowledge.library import Library
from coreagent.knowledge.retrieval import Retrieval

OSPF = "# OSPF\n\n## Areas\n\nArea 0 is the backbone of an OSPF network.\n\n## Timers\n\nA router says hello often.\n"
A1 = "# A1 interface\n\n## Policies\n\nThe non-RT RIC sends A1 policies to the near-RT RIC.\n"
QUESTIONS: list[dict[str, object]] = [
    {
        "id": "q1",
        "question": "Which OSPF area is the backbone?",
        "gold": [{"document": "ospf", "section": "OSPF > Areas"}],
    },
    {"id": "q2", "question": "Who sends A1 policies?", "gold": [{"text": "RIC sends A1 policies"}], "kind": "who"},
    {"id": "q3", "question": "How often does an OSPF router say hello?", "gold": [{"path": "ospf.md"}], "kind": "who"},
    {"id": "gone", "question": "What is BGP?", "gold": [{"document": "bgp"}]},
    {"id": "far", "question": "How long is bread baked?", "gold": []},
    {"id": "far", "question": "Why is the sky blue?", "gold": []},
]


@pytest.fixture
def corpus(cli: Cli) -> None:
    docs = Path("docs")
    docs.mkdir()
    (docs / "ospf.md").write_text(OSPF, encoding="utf-8")
    (docs / "a1.md").write_text(A1, encoding="utf-8")
    assert cli("corpus", "add", "docs", "--name", "net").code == 0


def questions(rows: list[dict[str, object]] | None = None) -> str:
    Path("q.jsonl").write_text("\n".join(map(json.dumps, QUESTIONS if rows is None else rows)), encoding="utf-8")
    return "q.jsonl"


@pytest.mark.usefixtures("corpus")
def test_the_three_rankings_side_by_side(cli: Cli) -> None:
    result = cli("corpus", "eval", questions(), "--corpus", "net", "--by", "kind")
    assert result.code == 0, result.err
    assert result.err == ""
    lines = result.out.splitlines()
    assert lines[0] == "q.jsonl over net: 3 questions with their passage there, 2 off-topic, 1 left out"
    assert lines[2].split() == ["ranking", "recall@1", "recall@5", "recall@10", "MRR@10", "p50", "p95"]
    assert [line.split()[0] for line in lines[3:6]] == ["lexical", "dense", "fused"]
    assert "fused less lexical" in result.out
    assert "McNemar, exact" in result.out
    assert "\nwho: 2 questions\n" in result.out
    assert "\nno kind: 1 question\n" in result.out
    assert "AUC" in result.out
    assert "their passage is not in the corpora, left out: gone\n" in result.out
    assert "ids that several questions have, each counted: far\n" in result.out


@pytest.mark.usefixtures("corpus")
def test_json_has_all_figures(cli: Cli) -> None:
    result = cli("corpus", "eval", questions(), "--corpus", "net", "--limit", "5", "--json")
    values = json.loads(result.out)
    assert values["questions"] == {
        "in_file": 6,
        "on_topic": 3,
        "off_topic": 2,
        "missing": ["gone"],
        "partly_missing": [],
        "ambiguous": [],
        "duplicate_ids": ["far"],
    }
    assert values["corpora"] == ["net"]
    assert list(values["rankings"]) == ["lexical", "dense", "fused"]
    fused = values["rankings"]["fused"]
    assert list(fused["recall"]) == ["1", "5"]
    assert fused["recall"]["5"]["value"] == 1.0
    assert fused["recall"]["5"]["low"] == pytest.approx(0.4385, abs=1e-4)
    assert {one["second"] for one in values["comparisons"]} == {"lexical", "dense"}
    assert values["confidence_auc"]["n"] == 5


@pytest.mark.usefixtures("corpus")
def test_all_corpora_are_asked_when_none_is_named(cli: Cli) -> None:
    values = json.loads(cli("corpus", "eval", questions(), "--json").out)
    assert values["corpora"] == ["net", "primer"]


def test_a_folder_of_passages_is_asked_over_a_corpus_of_its_own(cli: Cli) -> None:
    folder = Path("set")
    (folder / "qrels").mkdir(parents=True)
    passages = [
        {"_id": "d1", "title": "OSPF", "text": "Area 0 is the backbone."},
        {"_id": "d2", "text": "A1 policies."},
    ]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, passages)), encoding="utf-8")
    (folder / "queries.jsonl").write_text('{"_id": "q", "text": "Which area is the backbone?"}', encoding="utf-8")
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\td1\t1\n", encoding="utf-8")
    result = cli("corpus", "eval", "set", "--json")
    assert result.code == 0, result.err
    assert json.loads(result.out)["rankings"]["fused"]["recall"]["1"]["value"] == 1.0
    assert "passages" not in cli("corpus", "list").out
    is_error(cli("corpus", "eval", "set", "--corpus", "primer"), 2, "brings its own corpus", "--corpus")


@pytest.mark.usefixtures("corpus")
def test_an_interrupted_run_prints_what_it_has(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    search_now = Library.search_now
    asked: list[str] = []

    def interrupted(self: Library, query: str, **options: object) -> Retrieval:
        asked.append(query)
        if len(asked) > 5:
            raise KeyboardInterrupt
        return search_now(self, query, **options)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(Library, "search_now", interrupted)
    result = cli("corpus", "eval", questions(), "--corpus", "net")
    assert result.code == 130
    assert result.out.startswith("q.jsonl over net: 1 question with its passage there, 0 off-topic, 1 left out\n")
    assert result.err == "interrupted: 1 of 5 questions was asked\n"


@pytest.mark.usefixtures("corpus")
def test_bad_files_and_names(cli: Cli) -> None:
    file = questions()
    is_error(cli("corpus", "eval", "nope.jsonl"), 2, "nope.jsonl", "--help")
    is_error(cli("corpus", "eval", file, "--corpus", "nett"), 2, "unknown corpus 'nett' (did you mean net?)", "Known")
    is_error(cli("corpus", "eval", questions([])), 2, "no question in it", '"gold"')
    is_error(cli("corpus", "eval", questions([{"question": "a"}])), 2, "line 1: gold: field required", '"gold"')
    gone = cli("corpus", "eval", questions([QUESTIONS[3]]), "--corpus", "net")
    is_error(gone, 2, "none of its questions (1) has its passage in net", "document 'bgp'")
    Path("q.csv").write_bytes(b"question,text\n\xff,b\n")
    is_error(cli("corpus", "eval", "q.csv"), 2, "q.csv, line 2: not UTF-8", "iconv")


@pytest.mark.usefixtures("corpus")
def test_what_a_file_says_can_not_drive_the_terminal(cli: Cli) -> None:
    hostile: dict[str, object] = {"id": "\x1b[31m", "question": "\x1b]0;x\x07?", "gold": [{"text": "nowhere \x1b"}]}
    rows = [hostile, QUESTIONS[0]]
    result = cli("corpus", "eval", questions(rows), "--corpus", "net")
    assert result.code == 0
    assert r"left out: \x1b[31m" in result.out
    assert "\x1b" not in result.out


@pytest.mark.usefixtures("corpus")
def test_stats_of_a_corpus(cli: Cli) -> None:
    (Path("docs") / "copy.md").write_text(OSPF, encoding="utf-8")
    cli("corpus", "add", "docs", "--name", "net")
    values = json.loads(cli("corpus", "stats", "net", "--json").out)
    assert (values["name"], values["label"], values["documents"]) == ("net", "public", 3)
    assert values["formats"] == {"markdown": 3}
    assert values["duplicates"] == 2
    assert values["embedder"]["dimensions"] * 4 * values["chunks"] == values["vector_bytes"]
    assert values["disk_bytes"] > values["vector_bytes"]
    shown = cli("corpus", "stats", "net").out
    assert "formats          markdown 3\n" in shown
    assert "equal chunks     2\n" in shown
    is_error(cli("corpus", "stats", "nett"), 2, "unknown corpus 'nett' (did you mean net?)", "Known")
