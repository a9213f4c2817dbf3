"""Rules that judge one worker, each in a file."""
