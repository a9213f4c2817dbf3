"""SAQ on Redis and on PostgreSQL."""
