"""What pg-boss calls itself and its states."""

from __future__ import annotations

KIND = "pg-boss"
LABEL = "pg-boss"
STATES = ("created", "retry", "active", "completed", "cancelled", "failed")
EARLIER_STATES = ("created", "retry", "active", "completed", "expired", "cancelled", "failed")


def earlier(name: str) -> str:
    """Return what a column of today was called up to version 9."""
    return name.replace("_", "")
