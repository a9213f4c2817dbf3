"""The native queue on SQLite and PostgreSQL."""
