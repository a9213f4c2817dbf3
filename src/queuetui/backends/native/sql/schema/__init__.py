"""The tables: numbered migrations, and what brings a database up to date."""
