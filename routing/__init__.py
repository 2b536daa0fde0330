"""Which model for this subtask? Policies, eligibility, and the router that writes one Decision a call."""
