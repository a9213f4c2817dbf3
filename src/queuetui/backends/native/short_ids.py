"""Finds the spans of ids that end in the digits that a person typed."""

from __future__ import annotations

import string

from queuetui.model.job_id import TAIL_DIGITS, Span, spans_ending_in, time_ms

ID_DIGITS = 32
# Fewer digits, and the ends of ids made by other programs, name no spans: this many of the newest ids are searched.
MOST_LOOKED = 5_000
# Longer than the default retention of any job; some thirty thousand spans.
LOOKED_BACK_MS = 100 * 86_400_000
# The clock of a client may be ahead of the store's by this much.
LOOKED_AHEAD_MS = 3_600_000


def read_suffix(typed: str) -> str | None:
    """Return the digits of an id or of its end, None for any other text."""
    wanted = typed.replace("-", "").lower()
    return wanted if wanted and len(wanted) <= ID_DIGITS and set(wanted) <= set(string.hexdigits) else None


def spans_of(suffix: str, now_ms: int, oldest_id: str | None) -> list[Span]:
    """Return, newest first, the spans of ids made by this package that may end in these digits.

    None for a whole id or fewer than six digits.
    """
    if oldest_id is None or not TAIL_DIGITS <= len(suffix) < ID_DIGITS:
        return []
    oldest_ms = max(time_ms(oldest_id), now_ms - LOOKED_BACK_MS)
    return list(spans_ending_in(suffix[-TAIL_DIGITS:], now_ms + LOOKED_AHEAD_MS, oldest_ms))
