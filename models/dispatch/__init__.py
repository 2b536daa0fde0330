"""Which endpoint of a model takes a call, which are healthy, and which hold the model in memory."""
