"""The in-memory queue: the reference of what the contract means."""
