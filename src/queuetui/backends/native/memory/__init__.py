"""The in-memory queue: the reference implementation of the contract."""
