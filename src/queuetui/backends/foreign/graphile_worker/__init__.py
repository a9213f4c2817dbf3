"""graphile-worker on PostgreSQL."""
