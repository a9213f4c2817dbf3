"""The core for queues that are rows of SQL tables: a product is a description, all else is here."""
