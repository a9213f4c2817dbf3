"""Nouns and rules of the project; standard library only."""
