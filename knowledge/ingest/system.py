"""What a worker asks of the operating system; here, of one that offers none of it."""

import signal

from coreagent.knowledge.ingest.jobs import Limits


class System:
    """Without limits of the system, the parent's clock is what ends a worker."""

    def die_with_parent(self) -> None:
        """End when the parent does; Ctrl-C is for the parent, which ends its workers itself."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def restrict(self, limits: Limits) -> None:
        """Bound this process from here on."""

    def limit_cpu(self, limits: Limits) -> None:
        """Bound what the next file may take of the processor."""

    def peak_mb(self) -> float:
        """The most memory that was ever held; 0 when it can not be told."""
        return 0.0
