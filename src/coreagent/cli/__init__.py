"""The command line. ``main`` is the installed command ``coreagent``."""

from coreagent.cli.app import main

__all__ = ["main"]
