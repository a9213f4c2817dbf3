"""Tests of the present layer."""
