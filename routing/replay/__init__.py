"""Policies on recorded outcomes, without a call: what they would have chosen, scored and cost, and their curves."""
