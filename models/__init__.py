"""What does it think with? Model cards, adapters behind one protocol, and wrappers that combine."""
