"""PgQueuer 1.x."""
