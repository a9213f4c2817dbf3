"""The self-test: marked jobs run through a queue to check that all of it works."""
