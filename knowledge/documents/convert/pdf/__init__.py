"""PDF pages as Markdown: characters to lines, lines to columns, tables, headings and paragraphs."""
