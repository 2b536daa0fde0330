"""The command line. ``main`` is the installed command ``coreagent``."""

from coreagent.cli.interrupts import leaving_at_once

__all__ = ["main"]


def main() -> None:
    """Run the command that ``sys.argv`` names and exit with its code: see ``coreagent --help``."""
    with leaving_at_once():
        from coreagent.cli.app import main as enter  # noqa: PLC0415  (Ctrl-C must be in hand before the first import)
    enter()
