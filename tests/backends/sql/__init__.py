"""Tests of what every reader of SQL shares."""
