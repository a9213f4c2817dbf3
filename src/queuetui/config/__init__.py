"""Profiles and where settings and state are kept."""
