"""How good is it? The room of batch evaluation over a Session and its events. Empty so far."""
