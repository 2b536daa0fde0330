"""Where do people talk to it? The terminal app over a session and its events."""
