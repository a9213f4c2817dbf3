"""Numbers of things in words."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return `1 job` or `37 jobs`, for a noun whose plural takes an s."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
