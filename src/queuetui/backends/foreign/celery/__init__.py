"""Celery on Redis: its broker, and its results beside it or in a store of their own."""
