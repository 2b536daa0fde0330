"""Question files of every form, and what is said of broken ones."""

import json
from pathlib import Path

import pytest

from coreagent.errors import InputError
from coreagent.evals.retrieval.formats import MAX_LINE_BYTES, read_questions
from coreagent.evals.retrieval.questions import Gold, Question


def written(name: str, content: str | bytes) -> Path:
    path = Path(name)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_json_lines() -> None:
    rows: list[dict[str, object]] = [
        {"id": "q1", "question": "What?", "gold": [{"document": "TS 38.331", "clause": 5.3}], "kind": "fact"},
        {"id": 2, "question": "Why?", "gold": [], "note": "other keys do not matter"},
        {"question": "How?", "gold": [{"text": "like so"}, {"path": "a.md", "section": "A > B"}]},
    ]
    found = read_questions(written("q.jsonl", "\ufeff" + "\n\n".join(map(json.dumps, rows))))
    assert found.questions == (
        Question(id="q1", text="What?", gold=(Gold(document="TS 38.331", clause="5.3"),), kind="fact"),
        Question(id="2", text="Why?", gold=()),
        Question(id="line 5", text="How?", gold=(Gold(text="like so"), Gold(path="a.md", section="A > B"))),
    )
    assert found.duplicates == ()


@pytest.mark.parametrize(("name", "mark"), [("q.csv", ","), ("q.tsv", "\t")])
def test_columns(name: str, mark: str) -> None:
    rows = [["Question", "document", "text", "answer"], ['"What\nis it?"', "a.md", "", "42"], ["Far?", "", "", ""]]
    found = read_questions(written(name, "\r\n".join(mark.join(row) for row in rows)))
    assert found.questions == (
        Question(id="line 3", text="What\nis it?", gold=(Gold(document="a.md"),)),
        Question(id="line 4", text="Far?", gold=()),
    )


def test_toml_with_other_places_and_off_topic_questions() -> None:
    text = """
    questions = ["How is bread baked?"]
    [[question]]
    id = "a1"
    question = "Where?"
    source = "owner/docs"
    path = "guide.md"
    section = "Guide > Here"
    also = [["owner/docs", "other.md", "There"]]
    kind = "where"
    [[question]]
    id = "a2"
    question = "Who?"
    gold = [{ document = "x", clause = "A.1" }]
    """
    found = read_questions(written("q.toml", text))
    assert found.questions == (
        Question(
            id="a1",
            text="Where?",
            gold=(
                Gold(source="owner/docs", path="guide.md", section="Guide > Here"),
                Gold(source="owner/docs", path="other.md", section="There"),
            ),
            kind="where",
        ),
        Question(id="a2", text="Who?", gold=(Gold(document="x", clause="A.1"),)),
        Question(id="off-topic 1", text="How is bread baked?", gold=()),
    )


def test_ids_on_several_questions_are_named_and_the_same_question_twice_counts_once() -> None:
    row = '{"id": "q1", "question": "What?", "gold": []}\n'
    found = read_questions(written("q.jsonl", row + row + row.replace("What", "Who")))
    assert [question.text for question in found.questions] == ["What?", "Who?"]
    assert found.duplicates == ("q1",)


@pytest.mark.parametrize(
    ("name", "content", "cause", "mend"),
    [
        ("q.jsonl", "", "no question in it", '{"id": "q1"'),
        ("q.csv", "", "no question in it", "heading line"),
        ("q.toml", "", "no question in it", "[[question]]"),
        ("q.csv", "question,document\n", "no question in it", "heading line"),
        ("q.jsonl", '{"question": "a", "gold": []}\n{"question"\n', "q.jsonl, line 2: not JSON", '{"id": "q1"'),
        ("q.jsonl", "[1]", "line 1: not a JSON object", '{"id": "q1"'),
        ("q.jsonl", "[" * 200_000, "line 1: not JSON", '{"id": "q1"'),
        ("q.jsonl", '{"question": "a"}', "line 1: gold: field required", '{"id": "q1"'),
        ("q.jsonl", '{"question": " ", "gold": []}', "line 1: question: string should have at least 1", '{"id"'),
        ("q.jsonl", '{"question": "a", "gold": ["b"]}', "line 1: gold.0: ", '{"id": "q1"'),
        ("q.jsonl", '{"question": "a", "gold": [{"sectoin": "b"}]}', "gold.0.sectoin: extra inputs", '{"id": "q1"'),
        ("q.jsonl", '{"question": "a", "gold": [{"corpus": "b"}]}', "line 1: a gold says nothing", "Name a document"),
        ("q.jsonl", b'{"question": "a", "gold": []}\n{"question": "\xfc"}', "line 2: not UTF-8 at byte 15", "iconv"),
        ("q.jsonl", b"x" * (MAX_LINE_BYTES + 1), "line 1: longer than 4 MB", "each line"),
        ("q.csv", "title,document\na,b", "line 1: no column is called question", "heading line"),
        ("q.csv", "question,corpus\na,b", "line 1: no column says where an answer stands", "heading line"),
        ("q.csv", "question,text\na,b,c", "line 2: 3 columns under 2 headings", "heading line"),
        ("q.csv", 'question,text\na,"b', "line 2: not CSV", "heading line"),
        ("q.csv", "question,text\n,b", "line 2: question: string should have at least 1", "heading line"),
        ("q.toml", "[[question", "not TOML", "[[question]]"),
        ("q.toml", "question = 1", "question: input should be a valid list", "[[question]]"),
        ("q.toml", "question = [1]", "question.0: input should be a valid dict", "[[question]]"),
        ("q.toml", '[[question]]\nquestion = "a"', "question 1: gold: field required", "[[question]]"),
        (
            "q.toml",
            '[[question]]\nquestion = "a"\npath = "b"\nalso = ["c"]',
            "question 1: also.0: input should be a valid tuple",
            "also =",
        ),
        ("q.txt", "What?", "not a question file", ".jsonl"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_the_right_form(
    name: str, content: str | bytes, cause: str, mend: str
) -> None:
    with pytest.raises(InputError) as raised:
        read_questions(written(name, content))
    assert cause in str(raised.value)
    assert mend in raised.value.mend


def test_a_long_file_is_read_line_by_line() -> None:
    row = '{"question": "Question %d?", "gold": [{"text": "t"}]}\n'
    found = read_questions(written("q.jsonl", "".join(row % number for number in range(20_000))))
    assert len(found.questions) == 20_000
    assert found.questions[-1].id == "line 20000"
