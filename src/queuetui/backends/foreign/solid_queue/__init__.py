"""Solid Queue 0.8 to 1.5, the queue of Rails 8."""
