"""The checks of a store: each function judges one reading."""
