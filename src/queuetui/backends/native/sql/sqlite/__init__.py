"""An SQLite file: its connections, session, bulk writes and doorbell."""
