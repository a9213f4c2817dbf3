"""The command line: composition root, flags, exit codes."""
