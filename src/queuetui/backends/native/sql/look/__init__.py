"""The reads of a console, through SQLAlchemy."""
