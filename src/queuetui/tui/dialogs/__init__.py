"""Dialogs: each asks one thing and changes nothing by Enter alone."""
