"""What the app needs of the system behind it: small protocols over plain frozen data."""
