"""What a worker asks of Linux, macOS and their kin."""

import ctypes
import resource
import signal
import sys

from coreagent.knowledge.ingest.jobs import Limits
from coreagent.knowledge.ingest.system import System

_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of <linux/prctl.h>
_CPU_PER_SECOND = 4
"""Seconds on all cores that a file may take for each second of its time: a second line behind the parent's clock."""
_BYTES_PER_MB = 1 << 20


class Posix(System):
    """Limits by ``setrlimit``."""

    def die_with_parent(self) -> None:
        """Linux kills the worker when the thread that started it ends; elsewhere it ends with its file."""
        super().die_with_parent()
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)

    def restrict(self, limits: Limits) -> None:
        """No core dumps; bounded memory and files."""
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        # Data, not address space: a file that is only mapped costs no memory.
        _lower(resource.RLIMIT_DATA, limits.file_memory_mb * _BYTES_PER_MB)
        _lower(resource.RLIMIT_FSIZE, max(limits.max_archive_mb, limits.max_file_mb) * 1_000_000)

    def limit_cpu(self, limits: Limits) -> None:
        """From what was used so far; the system then sends SIGXCPU."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        soft = int(used.ru_utime + used.ru_stime + limits.file_seconds * _CPU_PER_SECOND) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))

    def peak_mb(self) -> float:
        """By getrusage, whose unit is bytes on macOS and KiB elsewhere."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / _BYTES_PER_MB if sys.platform == "darwin" else peak / 1024


def _lower(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))
