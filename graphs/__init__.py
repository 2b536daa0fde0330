"""How does the work flow? LangGraph graphs, one pattern a file, and the session that runs them."""
