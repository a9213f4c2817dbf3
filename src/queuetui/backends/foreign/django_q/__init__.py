"""django-q2 with its broker in the database: packages that wait or are held, and what became of tasks."""
