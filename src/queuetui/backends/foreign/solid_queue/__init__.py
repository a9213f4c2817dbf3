"""Solid Queue 0.8 to 1.5, the queue of Rails 8."""

PREFIX = "solid_queue_"
# Where a job stands is which of these tables has a row for it; each has columns of its own.
EXECUTIONS = {
    "ready": "queue_name priority",
    "scheduled": "queue_name priority scheduled_at",
    "claimed": "process_id",
    "blocked": "queue_name priority concurrency_key",
    "failed": "error",
}
