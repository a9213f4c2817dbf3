"""Readers of payloads, which run nothing."""
