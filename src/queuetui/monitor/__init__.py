"""Watches and explains; only reads."""
