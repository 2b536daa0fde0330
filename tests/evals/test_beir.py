"""Folders of queries, judgements and passages."""

from pathlib import Path

import pytest

from coreagent.errors import InputError
from coreagent.evals.retrieval.beir import unpack
from coreagent.evals.retrieval.questions import Gold, Question

CORPUS = '{"_id": "d/1", "title": "Area  zero", "text": "The backbone."}\n{"_id": 2, "text": "\\ud800 no title"}\n'
QUERIES = '{"_id": "q1", "text": "Which?"}\n{"_id": "q2", "text": "Who?"}\n{"_id": "q3", "text": "Not judged"}\n'
JUDGED = "query-id\tcorpus-id\tscore\nq1\td/1\t2\nq1\t2\t0\nq2\t2\t1\nq2\tgone\t1\n"


def folder(corpus: str = CORPUS, queries: str = QUERIES, judged: str = JUDGED) -> Path:
    made = Path("set")
    (made / "qrels").mkdir(parents=True)
    (made / "corpus.jsonl").write_text(corpus, encoding="utf-8")
    (made / "queries.jsonl").write_text(queries, encoding="utf-8")
    (made / "qrels" / "test.tsv").write_text(judged, encoding="utf-8")
    return made


def test_passages_become_files_and_judgements_golds(tmp_path: Path) -> None:
    found = unpack(folder(), tmp_path)
    assert found.name == "set"
    assert found.questions == (
        Question(id="q1", text="Which?", gold=(Gold(path="passage-0000000.md"),)),
        Question(id="q2", text="Who?", gold=(Gold(path="passage-0000001.md"), Gold(path="gone: no such passage"))),
    )
    texts = [path.read_text(encoding="utf-8") for path in sorted(tmp_path.rglob("*.md"))]
    assert texts == ["# Area zero\n\nThe backbone.", "? no title"]


@pytest.mark.parametrize(
    ("files", "cause"),
    [
        ({"corpus": '{"_id": "d"}'}, "corpus.jsonl, line 1: _id or text is missing"),
        ({"queries": '{"text": "a"}'}, "queries.jsonl, line 1: _id or text is missing"),
        ({"queries": "q1"}, "queries.jsonl, line 1: not JSON"),
        ({"judged": "a\tb\tc\nq1 d1 1\n"}, "test.tsv, line 2: not a judgement"),
        ({"judged": "query-id\tcorpus-id\tscore\n"}, "judges no query"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, files: dict[str, str], cause: str) -> None:
    with pytest.raises(InputError, match=cause):
        unpack(folder(**files), tmp_path)


def test_a_folder_without_its_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="queries.jsonl: not there"):
        unpack(tmp_path, tmp_path / "into")
