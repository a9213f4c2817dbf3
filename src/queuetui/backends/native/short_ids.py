"""Where the jobs lie whose id ends in what a person typed."""

from __future__ import annotations

import string

from queuetui.model.job_id import TAIL_DIGITS, Span, spans_ending_in, time_ms

ID_DIGITS = 32
# An id that is not of our making tells nothing by its end, and neither do fewer digits: the newest ids are looked at.
MOST_LOOKED = 5_000
# Longer than anything is kept, unless it is told to; some thirty thousand spans.
LOOKED_BACK_MS = 100 * 86_400_000
# Clients whose clocks go before the store's.
LOOKED_AHEAD_MS = 3_600_000


def read_suffix(typed: str) -> str | None:
    """Return the digits of an id or of its end, None when what was typed is neither."""
    wanted = typed.replace("-", "").lower()
    return wanted if wanted and len(wanted) <= ID_DIGITS and set(wanted) <= set(string.hexdigits) else None


def spans_of(suffix: str, now_ms: int, oldest_id: str | None) -> list[Span]:
    """Return, newest first, where ids made here that end so may lie.

    None for a whole id or fewer than six digits.
    """
    if oldest_id is None or not TAIL_DIGITS <= len(suffix) < ID_DIGITS:
        return []
    oldest_ms = max(time_ms(oldest_id), now_ms - LOOKED_BACK_MS)
    return list(spans_ending_in(suffix[-TAIL_DIGITS:], now_ms + LOOKED_AHEAD_MS, oldest_ms))
