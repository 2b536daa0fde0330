"""Routers on recorded outcomes: tables read from files and runs, and the report of an evaluation."""
