"""The tones a text can have.

Every tone is one component class and one style rule, never a colour in code.
"""

from __future__ import annotations

from enum import StrEnum


class Tone(StrEnum):
    """The tone of a text; each state has the tone of its name, and is always written as a word too."""

    PLAIN = "plain"
    MUTED = "muted"
    STRONG = "strong"
    GOOD = "good"
    WARNING = "warning"
    CRITICAL = "critical"
    BADGE = "badge"
    STUCK = "stuck"
    SCHEDULED = "scheduled"
    PENDING = "pending"
    PROCESSING = "processing"
    RETRYING = "retrying"
    BLOCKED = "blocked"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
