"""Where do people talk to it? The terminal app over a Session and its events."""
