"""The conversation: what is asked, what happens to it, and the screen that shows it."""
