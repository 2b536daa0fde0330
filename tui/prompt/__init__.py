"""Where questions are written: the editor, its completions, commands, flags and attachments."""
