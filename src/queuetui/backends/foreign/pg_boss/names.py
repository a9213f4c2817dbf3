"""What pg-boss calls itself and its states."""

from __future__ import annotations

KIND = "pg-boss"
LABEL = "pg-boss"
STATES = ("created", "retry", "active", "completed", "cancelled", "failed")
