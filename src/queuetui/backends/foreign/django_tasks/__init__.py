"""The database backend of Django's tasks: one row a task."""
