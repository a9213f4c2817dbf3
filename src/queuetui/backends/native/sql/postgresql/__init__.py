"""A PostgreSQL server: its connections, session, bulk writes and notices."""
