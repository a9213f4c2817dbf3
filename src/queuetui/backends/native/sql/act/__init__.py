"""What a person changes: jobs locked, decided on, and written."""
