"""A MySQL or MariaDB server: its connections, session and bulk writes."""
