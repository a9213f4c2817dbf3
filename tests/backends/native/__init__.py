"""Tests of our own queue."""
