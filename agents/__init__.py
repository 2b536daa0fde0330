"""Who acts? The core-agent with its five modules, and the four roles."""
