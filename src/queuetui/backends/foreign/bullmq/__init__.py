"""BullMQ 5 and 6 on Redis, and its tables on PostgreSQL."""
