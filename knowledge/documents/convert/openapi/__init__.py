"""OpenAPI descriptions as Markdown."""
