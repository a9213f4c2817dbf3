"""Solid Queue 0.8 to 1.5, the queue of Rails 8."""

PREFIX = "solid_queue_"
# Where a job stands is which of these tables has a row for it.
EXECUTIONS = ("ready", "scheduled", "claimed", "blocked", "failed")
