"""Where do people talk to it? The room of the terminal app over a Session and its events. Empty so far."""
