"""The native queue on SQLite and PostgreSQL, below the contract."""
