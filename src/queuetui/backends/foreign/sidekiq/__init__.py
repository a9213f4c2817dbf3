"""Sidekiq, and the gems that enqueue its recurring jobs."""
