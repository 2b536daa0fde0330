"""Word documents as Markdown, by the structure of standards."""
