"""pg-boss 10 to 12."""
