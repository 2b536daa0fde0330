"""A person decides: on a call that changes something, and on what may be spent."""
