"""What a console reads, through SQLAlchemy."""
