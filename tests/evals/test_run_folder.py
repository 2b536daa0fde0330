"""Which record of a trial counts."""

from pathlib import Path

from coreagent.evals.run_folder import RunFolder
from coreagent.evals.trials import Outcome, TrialKey, TrialRecord, record_to_line


def record(sample: str, outcome: Outcome, text: str = "") -> TrialRecord:
    return TrialRecord(key=TrialKey("quiz", "model", sample), outcome=outcome, text=text)


def folder_of(path: Path, *records: TrialRecord) -> RunFolder:
    folder = RunFolder(path)
    folder.log_file.write_text("".join(record_to_line(made) + "\n" for made in records), encoding="utf-8")
    return folder


def test_a_later_record_takes_the_place_of_a_failure_and_of_nothing_else(tmp_path: Path) -> None:
    made = [
        record("a", "error"), record("b", "right", "first"), record("c", "skipped"), record("d", "refused", "first"),
        record("a", "error", "again"), record("b", "wrong"), record("c", "wrong", "at last"), record("d", "right"),
        record("a", "right", "third"), record("a", "error"), record("c", "right"), record("e", "error"),
    ]  # fmt: skip
    folder = folder_of(tmp_path, *made)
    counted = [(one.key.sample, one.outcome, one.text) for one in folder.records()]
    assert counted == [
        ("b", "right", "first"),
        ("d", "refused", "first"),
        ("c", "wrong", "at last"),
        ("a", "right", "third"),
        ("e", "error", ""),
    ]
    assert folder.recorded() == 5
    assert list(folder.tries()) == made


def test_places_are_where_the_lines_that_count_begin(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, record("ü", "error"), record("b", "right"), record("ü", "right"))
    log = folder.log_file.read_bytes()
    for place, made in folder.placed_records():
        line = log[place:].split(b"\n")[0]
        assert line.decode() == record_to_line(made)


def test_a_sorted_reading_does_not_depend_on_which_trial_ended_first(tmp_path: Path) -> None:
    made = [record("c", "error"), record("b", "right"), record("a", "wrong"), record("c", "right", "again")]
    read = list(folder_of(tmp_path, *made).sorted_records())
    assert [(one.key.sample, one.outcome, one.text) for one in read] == [
        ("a", "wrong", ""), ("b", "right", ""), ("c", "right", "again"),
    ]  # fmt: skip


def test_names_that_look_like_the_log_itself_are_told_apart(tmp_path: Path) -> None:
    odd = ['"],"outcome":"right"', '"],"outcome":"error', "\\", 'a"b', "line\nbreak", "\u2028", "", "a,0,0"]
    folder = folder_of(
        tmp_path, *(record(name, "error") for name in odd), *(record(name, "wrong") for name in odd[:4])
    )  # fmt: skip
    assert {one.key.sample: one.outcome for one in folder.records()} == {
        name: "wrong" if place < 4 else "error" for place, name in enumerate(odd)
    }
    assert folder.recorded() == len(odd)


def test_what_is_added_later_is_not_seen_by_who_reads_it_as_it_stands(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, record("a", "error"), record("b", "right"))
    still = folder.as_it_stands()
    with folder.log_file.open("a", encoding="utf-8") as log:
        log.write(record_to_line(record("a", "right")) + "\n")
    assert [one.outcome for one in still.records()] == ["error", "right"]
    assert [one.outcome for one in folder.records()] == ["right", "right"]
    assert still.as_it_stands() == still


def test_a_run_that_has_not_begun_has_no_records(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    assert not list(folder.records()) and not list(folder.sorted_records()) and folder.recorded() == 0
    assert not list(folder.as_it_stands().records())
