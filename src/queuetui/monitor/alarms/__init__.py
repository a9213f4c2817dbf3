"""Alarms: what is wrong for long enough to be told, and whom it is told to."""
