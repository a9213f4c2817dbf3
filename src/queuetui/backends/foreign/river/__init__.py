"""River, a queue of Go on PostgreSQL."""
