"""A question into evidence: understood, looked up in both indexes, fused, collapsed."""
