"""What can be done, by subject; `tui/actions.py` makes one table of it."""
