"""BullMQ 6 on PostgreSQL."""
