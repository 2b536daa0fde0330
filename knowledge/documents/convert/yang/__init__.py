"""YANG modules as Markdown."""
