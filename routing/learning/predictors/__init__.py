"""Predictors of scores, one kind a file."""
