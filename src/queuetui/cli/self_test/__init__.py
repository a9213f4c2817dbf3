"""Jobs of our own that are run through a queue, to see that all of it works."""
