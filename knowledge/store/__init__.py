"""The source of truth: documents, clauses, chunks and vectors in one file."""
