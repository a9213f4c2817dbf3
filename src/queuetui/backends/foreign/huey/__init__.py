"""Huey 3 on Redis and SQLite."""
