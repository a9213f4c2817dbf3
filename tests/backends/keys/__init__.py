"""Queues that are keys in Redis, on captures of real ones."""
