"""Is the process that owned a run still alive? A pid alone is reused; pid and start time together are not."""

import functools
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Owner:
    """A process: ``host`` name, ``pid``, and ``started``, an opaque mark of when it began (empty: unknown)."""

    host: str
    pid: int
    started: str

    @property
    def alive(self) -> bool:
        """False when the process is known to be gone. One on another host can not be judged and counts as alive."""
        if self.host != _host():
            return True
        now = _started(self.pid)
        if now is None:
            return False
        return not self.started or not now or now == self.started


def current_owner() -> Owner:
    """This process."""
    return _current(os.getpid())


@functools.lru_cache(maxsize=1)
def _current(pid: int) -> Owner:
    # Cached by pid, so that a forked child looks itself up again.
    return Owner(_host(), pid, _started(pid) or "")


@functools.cache
def _host() -> str:
    return platform.node()


def _started(pid: int) -> str | None:
    """When the process began; None when there is none, empty when this system does not tell."""
    if sys.platform.startswith("linux"):
        return _started_linux(pid)
    if os.name != "posix":
        return ""
    found = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False, timeout=5
    )
    return found.stdout.strip() or None


def _started_linux(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The command name stands in brackets and may hold anything; field 3 is the state, field 22 the start time.
    fields = stat.rpartition(")")[2].split()
    if fields[0] in ("Z", "X"):
        return None
    return f"{_boot()}:{fields[19]}"


@functools.cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return ""
