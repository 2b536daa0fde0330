"""How good is it? Batch evaluation over a Session and its events."""
