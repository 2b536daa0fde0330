"""Tables from runs: real agents on sums, and records that a test writes."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.evals.account import world
from tests.evals.account.world import SUITE, USD, Sums, agent, measured, samples

from coreagent.answer import Verdict
from coreagent.errors import InputError, UnknownNameError
from coreagent.evals.plan import RunPlan, SuitePlan
from coreagent.evals.routing.from_runs import outcomes_of_runs, verdict_pairs
from coreagent.evals.run_folder import Manifest, RunFolder, manifest_to_json, sample_to_json
from coreagent.evals.system import CallRecord
from coreagent.evals.trials import Outcome, TrialKey, TrialRecord, record_to_line
from coreagent.events import Event, RunStarted, Verified, event_to_json
from coreagent.routing.outcomes import Outcomes

COUNT = 3
SUITES = {SUITE: Sums()}


async def run_of(folder: Path, name: str, **plays: Any) -> Path:
    system = agent(folder / f"home-{name}", **plays)
    found = await measured(system, folder / name, COUNT)
    await system.close()
    return found.path


def call(model: str, *, role: str = "", usd: float = 0.5, **more: Any) -> CallRecord:
    return CallRecord(role=role, model=model, input_tokens=10, output_tokens=2, usd=usd, seconds=1.5, **more)


def trial(
    calls: Sequence[CallRecord], score: float, *, sample: str = "q0", outcome: Outcome | None = None, **more: Any
) -> TrialRecord:
    key = TrialKey(SUITE, more.pop("system", "m"), sample, more.pop("epoch", 0), more.pop("variant", 0))
    events: Sequence[Event] = more.pop("events", ())
    return TrialRecord(
        key=key,
        outcome=outcome or ("right" if score >= 1 else "wrong"),
        score=score,
        calls=tuple(calls),
        order=more.pop("order", (0, 1, 2)),
        events=tuple(event_to_json(event) for event in events),
        **more,
    )


def folder_of(path: Path, *records: TrialRecord) -> Path:
    path.mkdir()
    plan = RunPlan(suites=(SuitePlan(suite=SUITE, data="3"),), systems=("m",))
    manifest = Manifest(run=path.name, started="2026-01-01T00:00:00+00:00", plan=plan)
    run = RunFolder(path)
    run.manifest_file.write_text(manifest_to_json(manifest))
    lines = [json.dumps({"suite": SUITE, "sample": sample_to_json(sample)}) for sample in samples(3)]
    run.samples_file.write_text("\n".join(lines) + "\n")
    run.log_file.write_text("".join(record_to_line(made) + "\n" for made in records))
    return path


def table_of(path: Path, *records: TrialRecord) -> Outcomes:
    return outcomes_of_runs([folder_of(path, *records)], suites=SUITES)


async def test_agents_that_differ_in_one_role_show_its_worth(tmp_path: Path) -> None:
    good = await run_of(tmp_path, "good")
    bad = await run_of(tmp_path, "bad", summarizer=world.muddled, verifier=world.credulous)
    table = outcomes_of_runs([good], suites=SUITES)
    assert table.models == ("m/planner", "m/caller", "m/summarizer")
    assert sorted(set(table.roles)) == ["caller", "planner", "summarizer"]
    assert len(table) == 3 * COUNT and table.known.sum() == 3 * COUNT
    # Roles of one question are one group, whatever was routed.
    assert len(set(table.groups.tolist())) == COUNT
    rows = {(role, prompt) for role, prompt in zip(table.roles, table.prompts, strict=True)}
    assert all("How much is" in prompt and "\nA." in prompt for role, prompt in rows if role != "verifier")
    answering = table.take(np.array([role == "summarizer" for role in table.roles])).only(["m/summarizer"])
    assert answering.scores.tolist() == [[1]] * COUNT
    assert answering.usd.tolist() == [[pytest.approx(USD)]] * COUNT
    assert answering.verdicts.tolist() == [[pytest.approx(0.9)]] * COUNT
    both = outcomes_of_runs([good, bad], suites=SUITES).only(["m/summarizer"])
    assert {float(score) for score in both.scores[both.known]} == {0.5}


async def test_verdicts_beside_right_and_wrong(tmp_path: Path) -> None:
    good = await run_of(tmp_path, "good")
    bad = await run_of(tmp_path, "bad", summarizer=world.muddled, verifier=world.credulous)
    pairs = verdict_pairs([good, bad], suites=SUITES)
    assert len(pairs) == 2 * COUNT
    assert (
        sorted(zip(pairs.scores.tolist(), pairs.right.tolist(), strict=True)) == [(0.8, False)] * 3 + [(0.9, True)] * 3
    )
    assert set(pairs.writers) == {"m/summarizer"}


async def test_a_role_that_several_models_played_tells_of_none(tmp_path: Path) -> None:
    run = await run_of(tmp_path, "escalated", summarizer=world.muddled, second=world.summarizer)
    table = outcomes_of_runs([run], suites=SUITES)
    assert "summarizer" not in table.roles and "planner" in table.roles
    assert any("several models played the role" in remark for remark in table.remarks)


def test_bare_models_epochs_and_gaps(tmp_path: Path) -> None:
    table = table_of(
        tmp_path / "run",
        trial([call("a")], 1), trial([call("a")], 0, epoch=1),
        trial([call("b")], 1, system="n", epoch=1),
        trial([call("a")], 0, sample="q1", outcome="error"),
        trial([call("b")], 0, sample="q1", system="n", outcome="unparsed"),
        trial([call("a")], 1, variant=1, order=(1, 0, 2)),
        trial([], 1, sample="q2"),
    )  # fmt: skip
    assert table.models == ("a", "b") and table.roles == ("", "")
    assert table.ids == (f"{SUITE}/q0", f"{SUITE}/q1")
    assert table.scores[0].tolist() == [0.5, 1]
    assert np.isnan(table.scores[1, 0]) and table.scores[1, 1] == 0
    assert table.input_tokens[0].tolist() == [10, 10] and table.seconds[0].tolist() == [1.5, 1.5]
    assert "1 rows are gaps: error (sums/m/q1/0/0)" in table.remarks


def test_the_same_question_in_another_order_is_one_group(tmp_path: Path) -> None:
    one = folder_of(tmp_path / "one", trial([call("a")], 1))
    other = folder_of(tmp_path / "other", trial([call("a")], 0, order=(2, 1, 0)))
    table = outcomes_of_runs([one, other], suites=SUITES)
    assert len(set(table.prompts)) == 2 and table.groups.tolist() == [0, 0]


def test_failed_calls_count_in_dollars_and_replayed_ones_not_in_seconds(tmp_path: Path) -> None:
    table = table_of(
        tmp_path / "run",
        trial([call("broken", error="ModelServerError", usd=0.25), call("a")], 1),
        trial([call("a", replayed=True)], 1, sample="q1"),
        trial([call("a", error="ModelServerError")], 0, sample="q2"),
    )
    assert table.models == ("a",) and table.usd[:, 0].tolist() == [0.75, 0.5]
    assert table.seconds[0, 0] == 3 and np.isnan(table.seconds[1, 0])
    assert any("no model answered" in remark for remark in table.remarks)


def test_the_question_is_the_one_that_was_routed_and_the_verdict_the_writer_s(tmp_path: Path) -> None:
    events: list[Event] = [
        RunStarted("r", "as it was asked"),
        Verified(Verdict("supported", 0.7), "draft", "A", "a"),
        Verified(Verdict("supported", 0.4), "draft", "A", "someone"),
    ]
    calls = [call("a", role="summarizer"), call("v", role="verifier")]
    table = table_of(
        tmp_path / "run", trial(calls, 1, events=events), trial([call("a", role="caller")], 1, sample="q1")
    )
    assert table.prompts == ("as it was asked",) and table.roles == ("summarizer",)
    assert table.verdicts[0, 0] == pytest.approx(0.7)
    assert any("several instructions" in remark for remark in table.remarks)


def test_nothing_to_make_a_table_of(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no run is named"):
        outcomes_of_runs([])
    with pytest.raises(InputError, match="not the folder of an evaluation run"):
        outcomes_of_runs([tmp_path])
    with pytest.raises(InputError, match="no outcome of a model in .*1 rows are gaps: skipped"):
        table_of(tmp_path / "run", trial([call("a")], 0, outcome="skipped"))
    assert len(verdict_pairs([tmp_path / "run"], suites=SUITES)) == 0
    # Suites are looked up by the names that the run kept.
    with pytest.raises(UnknownNameError, match="sums"):
        outcomes_of_runs([tmp_path / "run"])
