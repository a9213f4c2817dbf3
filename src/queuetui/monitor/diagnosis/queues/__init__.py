"""Rules that judge one queue, each in a file."""
