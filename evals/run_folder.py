"""The folder of one evaluation run: manifest, samples, log of trials, reports.

::

    manifest.json     what was asked for, versions, hashes (written once, before anything is asked)
    samples.jsonl     every sample of the run as it was loaded, with its suite; remarks of the loaders
    log.jsonl         one line a try, only ever appended to; a torn last line is what a kill leaves
    report.html .md .json
"""

import dataclasses
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from coreagent.errors import InputError
from coreagent.evals.plan import RunPlan
from coreagent.evals.samples import Sample
from coreagent.evals.suite import Remark, SuiteInfo
from coreagent.evals.trials import TrialKey, TrialRecord, record_from_line

FORMAT = 1
_TRY_AGAIN = (b"error", b"skipped")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What makes a run repeatable. Hashes are SHA-256; ``started`` is an ISO time with zone.

    ``systems`` are their descriptions by name, ``data`` the hash of each suite's files, ``prompts`` the hash of the
    official prompt of each suite's first sample, ``versions`` of this package, Python and what it rests on. ``own`` is
    what the suites said of themselves that are files of the user's: code, it may be, that no report runs again.
    """

    run: str
    started: str
    plan: RunPlan
    systems: Mapping[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    data: Mapping[str, str] = field(default_factory=dict[str, str])
    prompts: Mapping[str, str] = field(default_factory=dict[str, str])
    versions: Mapping[str, str] = field(default_factory=dict[str, str])
    own: Mapping[str, SuiteInfo] = field(default_factory=dict[str, SuiteInfo])
    trials: int = 0
    format: int = FORMAT


_MANIFEST = TypeAdapter(Manifest)
_SAMPLE = TypeAdapter(Sample)


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where one run is kept. Reading only; the runner writes. ``log_bytes`` are those of the log that are read."""

    path: Path
    log_bytes: int | None = None

    @property
    def manifest_file(self) -> Path:
        """Its manifest."""
        return self.path / "manifest.json"

    @property
    def samples_file(self) -> Path:
        """Its samples and remarks."""
        return self.path / "samples.jsonl"

    @property
    def log_file(self) -> Path:
        """Its trials."""
        return self.path / "log.jsonl"

    def as_it_stands(self) -> "RunFolder":
        """The folder without what is added to its log from now on, for who reads it twice."""
        size = self.log_file.stat().st_size if self.log_file.exists() else 0
        return self if self.log_bytes is not None else RunFolder(self.path, size)

    def manifest(self) -> Manifest:
        """What was asked for.

        Raises:
            InputError: this is no folder of a run, or one of a newer version.
        """
        try:
            fields: Any = json.loads(self.manifest_file.read_text(encoding="utf-8"))
            if isinstance(fields, dict) and fields.get("format", FORMAT) != FORMAT:  # pyright: ignore[reportUnknownMemberType]
                raise InputError(
                    f"{self.path}: a run of format {fields['format']}, this package reads {FORMAT}",
                    mend="Use the version of coreagent that wrote it.",
                )
            return _MANIFEST.validate_python(fields)
        except OSError as error:
            raise InputError(
                f"{self.path}: not the folder of an evaluation run: {error.strerror}",
                mend="See what there is: coreagent eval runs.",
            ) from error
        except (ValueError, ValidationError) as error:
            raise InputError(f"{self.manifest_file}: damaged: {error}", mend="Run it again.") from error

    def samples(self) -> Iterator[tuple[str, Sample]]:
        """Every sample with its suite's name, in the order of the run."""
        for entry in _objects(self.samples_file):
            if "sample" in entry:
                yield str(entry["suite"]), _SAMPLE.validate_python(entry["sample"])

    def remarks(self) -> Iterator[tuple[str, Remark]]:
        """What the loaders repaired or dropped, with the suite's name."""
        for entry in _objects(self.samples_file):
            if "remark" in entry:
                yield str(entry["suite"]), Remark(**entry["remark"])

    def records(self) -> Iterator[TrialRecord]:
        """Every trial, with the one record that counts; a torn last line is left out. Reads line by line.

        The first record of a key counts, but one that failed or was skipped gives way to a later one: that is what a
        second try leaves. Memory grows with the number of keys and of failures, not with what they said.

        Raises:
            InputError: a line in the middle is damaged; its number is named.
        """
        for _, record in self.placed_records():
            yield record

    def placed_records(self) -> Iterator[tuple[int, TrialRecord]]:
        """The same, each with the place in the log, in bytes, where its line begins. Raises as :meth:`records`."""
        superseded = _superseded(self._log_lines())
        seen: set[TrialKey] = set()
        for number, place, record in self._tries():
            if number not in superseded and record.key not in seen:
                seen.add(record.key)
                yield place, record

    def sorted_records(self) -> Iterator[TrialRecord]:
        """The same as :meth:`records` in the order of their keys, which does not depend on which trial ended first."""
        places = sorted((record.key, place) for place, record in self.placed_records())
        if not places:
            return
        with self.log_file.open("rb") as log:
            for _, place in places:
                log.seek(place)
                yield record_from_line(log.readline())

    def tries(self) -> Iterator[TrialRecord]:
        """Every record, also those that do not count any more: what was paid was paid. Raises as :meth:`records`."""
        for _, _, record in self._tries():
            yield record

    def recorded(self) -> int:
        """How many trials have a record, without reading what it says."""
        return len({_split(line)[0] for line in self._log_lines()})

    def _tries(self) -> Iterator[tuple[int, int, TrialRecord]]:
        place = 0
        for number, line in enumerate(self._log_lines(), 1):
            try:
                yield number, place, record_from_line(line)
            except ValueError as error:
                raise InputError(
                    f"{self.log_file}:{number}: {error}", mend="Delete that line and resume the run."
                ) from error
            place += len(line)

    def _log_lines(self) -> Iterator[bytes]:
        left = math.inf if self.log_bytes is None else self.log_bytes
        for line in _whole_lines(self.log_file):
            left -= len(line)
            if left < 0:
                return
            yield line


def manifest_to_json(manifest: Manifest) -> str:
    """As it is kept."""
    return json.dumps(dataclasses.asdict(manifest), indent=1, ensure_ascii=False) + "\n"


def sample_to_json(sample: Sample) -> dict[str, Any]:
    """As it is kept: the reverse of what :meth:`RunFolder.samples` reads."""
    fields: dict[str, Any] = _SAMPLE.dump_python(sample, mode="json")
    return fields


def _superseded(lines: Iterable[bytes]) -> frozenset[int]:
    """Numbers of the lines, from 1, whose trial failed or was skipped and was tried again later."""
    failed: dict[bytes, int] = {}
    found: set[int] = set()
    for number, line in enumerate(lines, 1):
        key, outcome = _split(line)
        if key in failed:
            found.add(failed.pop(key))
        if outcome in _TRY_AGAIN:
            failed[key] = number
    return frozenset(found)


def _split(line: bytes) -> tuple[bytes, bytes]:
    """Key and outcome of a line as :func:`record_to_line` writes it: a tenth of the time that reading it whole takes.

    Quotes inside a name are escaped, so what is between the two stands nowhere else in a key.
    """
    key, between, rest = line.partition(b'],"outcome":"')
    if between:
        return key, rest.partition(b'"')[0]
    try:
        record = record_from_line(line)
    except ValueError:
        # Whoever reads the records says so, with its number.
        return line, b""
    return str(record.key).encode(errors="replace"), record.outcome.encode()


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    for line in _whole_lines(path):
        yield json.loads(line)


def _whole_lines(path: Path) -> Iterator[bytes]:
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield line
