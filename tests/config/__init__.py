"""Profiles and where settings are kept."""
