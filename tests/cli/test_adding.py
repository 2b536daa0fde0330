from pathlib import Path

import pytest

from coreagent.cli import adding
from coreagent.cli.adding import shown_progress
from coreagent.knowledge.reports import Step


def step(files: int, total: int, chunks: int = 0) -> Step:
    return Step(path=Path("a.md"), outcome="added", files=files, total=total, chunks=chunks)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(adding, "time", made)
    return made


def test_without_a_terminal_a_plain_line_comes_every_few_seconds(
    capsys: pytest.CaptureFixture[str], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    with shown_progress() as progress:
        progress(step(1, 0))
        clock.now += 6
        progress(step(500, 0, 1_200))
        clock.now += 1
        progress(step(600, 10_000, 1_400))
        clock.now += 5
        progress(step(1_200, 10_000, 3_600))
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        "500 files, 1,200 chunks, 200/s",
        "1,200 of 10,000 files, 3,600 chunks, 300/s, about 1 min 29 s left",
    ]


def test_on_a_terminal_a_bar_shows_files_rate_and_time_left(
    capsys: pytest.CaptureFixture[str], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    with shown_progress() as progress:
        clock.now += 2
        progress(step(50, 100, 400))
    told = capsys.readouterr()
    assert told.out == ""
    assert "50 of 100 files" in told.err and "400 chunks, 200/s, about 3 s left" in told.err
