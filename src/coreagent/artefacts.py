"""Files that hold something fitted: numbers with a head that says what they are and what they were fitted on.

An artefact is a NumPy ``.npz`` whose entry ``head`` is JSON text. Nothing in it is ever executed: arrays are read with
pickling off. ``fitted_on`` holds fingerprints (:mod:`coreagent.fingerprints`) of the rows it was fitted on, so that an
evaluation can refuse to measure it on them.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from coreagent.errors import SettingsError

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What an artefact is.

    ``kind`` and ``version`` say which code reads it; ``data_hash`` is the SHA-256 of the files it was fitted on,
    ``created`` an ISO date, ``package`` the version that wrote it. ``scores`` are held-out figures by name.
    """

    kind: str
    version: int
    data_hash: str
    created: str
    package: str
    features: tuple[str, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict[str, float])
    notes: str = ""
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Artefact:
    """A head, its arrays by name, and fingerprints of the rows they were fitted on."""

    head: Head
    arrays: Mapping[str, NDArray[Any]]
    fitted_on: frozenset[str]


def save_artefact(path: Path, artefact: Artefact) -> None:
    """Write it whole or not at all.

    Raises:
        ValueError: an array is named ``head`` or ``fitted_on``.
        OSError: the file can not be written.
    """
    if {"head", "fitted_on"} & set(artefact.arrays):
        raise ValueError("an array may not be named head or fitted_on")
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = np.array([int(row, 16) for row in sorted(artefact.fitted_on)], dtype=np.uint64)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.npz")
    try:
        with unfinished.open("wb") as file:
            arrays: dict[str, Any] = dict(artefact.arrays)
            np.savez_compressed(file, head=np.array(json.dumps(asdict(artefact.head))), fitted_on=rows, **arrays)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def load_artefact(path: Path, *, kind: str, version: int, mend: str = "Fit it again: coreagent eval fit.") -> Artefact:
    """Read one of this kind and version; ``mend`` says how to make another.

    Raises:
        SettingsError: there is no such file, it is no artefact, of another kind, or of another version.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:  # NumPy leaves a damaged one open
            fields: dict[str, Any] = json.loads(str(stored["head"]))
            rows = frozenset(f"{int(row):016x}" for row in stored["fitted_on"])
            arrays = {name: stored[name] for name in stored.files if name not in ("head", "fitted_on")}
        fields["features"] = tuple(fields.get("features", ()))
        head = Head(**fields)
    except OSError as error:
        raise SettingsError(f"can not be read: {error.strerror or error}", path=str(path), mend=mend) from error
    except (ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise SettingsError("not a fitted artefact, or a damaged one", path=str(path), mend=mend) from error
    if head.kind != kind:
        raise SettingsError(f"holds {head.kind!r}, not {kind!r}", path=str(path), mend="Name another file.")
    if (head.format, head.version) != (FORMAT, version):
        raise SettingsError(
            f"{kind!r} of version {head.version}, this package reads {version}", path=str(path), mend=mend
        )
    return Artefact(head, arrays, rows)
