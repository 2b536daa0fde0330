"""Folders in the form of the BEIR benchmark: queries, judgements, and the passages themselves as a corpus to build.

``queries.jsonl`` and ``corpus.jsonl`` have ``_id`` and ``text`` (and ``title``) on each line,
``qrels/test.tsv`` has the columns query-id, corpus-id and score under a heading. N. Thakur et al., "BEIR: A
heterogeneous benchmark for zero-shot evaluation of information retrieval models", NeurIPS Datasets and Benchmarks
2021.
"""

from pathlib import Path

from coreagent.errors import InputError
from coreagent.evals.retrieval.formats import json_rows, lines
from coreagent.evals.retrieval.questions import Gold, Question, QuestionSet

_QUERY_FORM = '{"_id": "q1", "text": "..."}'
_PASSAGE_FORM = '{"_id": "d1", "title": "...", "text": "..."}'
_JUDGED_FORM = "query-id, corpus-id and score between tabs, under a heading line"
_FILES_A_FOLDER = 1_000


def unpack(folder: Path, into: Path) -> QuestionSet:
    """Write each passage as a file below ``into``, to be added as a corpus; gives the judged questions.

    Raises:
        InputError: a file is missing, is not UTF-8 or has a row that is not as it should be, or nothing is judged.
        OSError: a file can not be read or written.
    """
    queries, corpus, judged = folder / "queries.jsonl", folder / "corpus.jsonl", folder / "qrels" / "test.tsv"
    for path in (queries, corpus, judged):
        if not path.is_file():
            raise InputError(f"{path}: not there", mend="Give queries.jsonl, corpus.jsonl and qrels/test.tsv.")
    golds: dict[str, list[str]] = {}
    for number, text in lines(judged):
        cells = text.rstrip("\r\n").split("\t")
        if number == 1 or not text.strip():
            continue
        if len(cells) != 3 or not cells[2].lstrip("-").isdigit():
            raise InputError(f"{judged}, line {number}: not a judgement", mend=f"Write {_JUDGED_FORM}.")
        if int(cells[2]) > 0:
            golds.setdefault(cells[0], []).append(cells[1])
    files = _write(corpus, into)
    asked = [
        Question(
            id=id_, text=text, gold=tuple(Gold(path=files.get(gold, f"{gold}: no such passage")) for gold in golds[id_])
        )
        for id_, text in _texts(queries)
        if id_ in golds
    ]
    if not asked:
        raise InputError(f"{judged}: judges no query of {queries.name}", mend=f"Write {_JUDGED_FORM}.")
    return QuestionSet.of(folder.name, asked)


def _texts(queries: Path) -> list[tuple[str, str]]:
    out: list[tuple[str, str]] = []
    for number, row in json_rows(queries, _QUERY_FORM):
        id_, text = row.get("_id"), row.get("text")
        if not isinstance(id_, str | int) or not isinstance(text, str) or not text.strip():
            raise InputError(f"{queries}, line {number}: _id or text is missing", mend=f"Write {_QUERY_FORM}.")
        out.append((str(id_), text))
    return out


def _write(corpus: Path, into: Path) -> dict[str, str]:
    """Names of the files by id: an id may hold what a file's name can not."""
    files: dict[str, str] = {}
    for number, row in json_rows(corpus, _PASSAGE_FORM):
        id_, text, title = row.get("_id"), row.get("text"), row.get("title", "")
        if not isinstance(id_, str | int) or not isinstance(text, str) or not isinstance(title, str):
            raise InputError(f"{corpus}, line {number}: _id or text is missing", mend=f"Write {_PASSAGE_FORM}.")
        place = into / f"{len(files) // _FILES_A_FOLDER:04}"
        place.mkdir(parents=True, exist_ok=True)
        file = place / f"passage-{len(files):07}.md"
        heading = f"# {' '.join(title.split())}\n\n" if title.strip() else ""
        file.write_text(heading + text, encoding="utf-8", errors="replace")
        files[str(id_)] = file.name
    return files
