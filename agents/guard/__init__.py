"""The guard: how likely it is that a prompt means harm. Loaded only where a routing policy grades calls by risk."""
