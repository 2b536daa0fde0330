"""What is derived from the store to search it: words and vectors."""
