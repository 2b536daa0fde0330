"""How does the work flow? LangGraph graphs, one pattern a file, and the session that runs them."""

import os

# Read once, when langgraph is imported, so it stands here, before any module of this room does that: without it a
# checkpoint could name any class and have it imported.
os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
