"""Acts of people: jobs are locked, decided on, and written."""
