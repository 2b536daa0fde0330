"""Documents into blocks, clauses and chunks."""
