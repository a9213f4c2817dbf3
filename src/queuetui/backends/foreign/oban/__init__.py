"""Oban: for Python, and what Elixir writes into the same table."""
