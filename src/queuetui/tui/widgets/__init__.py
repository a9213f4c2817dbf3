"""Widgets that show safe text and repaint only what changed."""
