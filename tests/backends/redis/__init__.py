"""Tests of what every reader of Redis shares."""
