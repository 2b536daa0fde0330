"""The engine behind the terminal app: a core-agent in a thread of its own, as the app's seams want it."""
