"""The process in which files are read: ``python -m coreagent.knowledge.ingest.worker``, started by ``process.py``.

Jobs come on standard input, outcomes go to what was standard output. It ends with its parent. Whatever a library
prints goes nowhere, so that it can not get between the frames.
"""

import json
import os
import sys
from typing import BinaryIO

from coreagent.knowledge.ingest.jobs import Limits
from coreagent.knowledge.ingest.system import System
from coreagent.knowledge.ingest.wire import FrameError, job_from, outcome_message, read_frame, write_frame
from coreagent.knowledge.ingest.work import work


def main() -> int:
    """Serve until the parent closes the pipe."""
    questions, answers = sys.stdin.buffer, _own_output()
    system = _system()
    system.die_with_parent()
    body, _ = read_frame(questions)
    limits = Limits(**json.loads(body))
    system.restrict(limits)
    write_frame(answers, {"kind": "ready"})
    _silence()
    while True:
        try:
            body, _ = read_frame(questions)
        except FrameError:
            return 0
        system.limit_cpu(limits)
        try:
            message, raw = outcome_message(work(job_from(body), limits))
        except MemoryError:
            message, raw = {"kind": "memory"}, b""
        write_frame(answers, {**message, "peak_mb": system.peak_mb()}, raw=raw)


def _system() -> System:
    if os.name == "posix":
        from coreagent.knowledge.ingest.posix import Posix  # noqa: PLC0415 - the module resource is there only

        return Posix()
    return System()


def _own_output() -> BinaryIO:
    """The pipe to the parent under a number of its own; standard output joins standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _silence() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
