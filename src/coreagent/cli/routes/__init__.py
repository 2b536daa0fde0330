"""``coreagent route`` and its commands, one a file."""
