"""Reads payloads of any make as JSON text, inertly: nothing in them is ever run, imported or made."""
