"""Routing measured on recorded outcomes, one command each."""
