"""``python -m coreagent`` is the command ``coreagent``."""

from coreagent.cli import main

main()
