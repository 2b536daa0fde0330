"""Corpora: documents, chunks, the hybrid index and retrieval with citations."""
