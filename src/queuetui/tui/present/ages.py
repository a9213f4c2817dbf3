"""Ages in coarse steps, so that an idle screen does not change all the time."""

from __future__ import annotations

from queuetui.model.text import SafeText, sanitize

_SECOND_MS = 1000
_MINUTE_S = 60
_HOUR_S = 60 * _MINUTE_S
_DAY_S = 24 * _HOUR_S
_COARSE_STEP_S = 10
ABSENT = sanitize("-")


def age_text(age_s: float | None, *, is_running: bool = False) -> SafeText:
    """Return an age such as `7 m`; seconds are rounded to tens, except for running jobs.

    A negative age (from a clock that runs ahead) is shown as 0, an unknown one as `-`.
    """
    if age_s is None:
        return ABSENT
    whole_s = max(0, int(age_s))
    if whole_s >= _MINUTE_S:
        return sanitize(_in_large_units(whole_s))
    if is_running:
        return sanitize(f"{whole_s} s")
    tens_s = whole_s - whole_s % _COARSE_STEP_S
    return sanitize(f"{tens_s} s" if tens_s else f"<{_COARSE_STEP_S} s")


def due_text(wait_s: float | None) -> SafeText:
    """Return the time until something is due, such as `in 4 m`, or since then: `due 12 m`."""
    if wait_s is None:
        return ABSENT
    if wait_s > 0:
        return sanitize(f"in {age_text(wait_s)}")
    return sanitize(f"due {age_text(-wait_s)}" if wait_s <= -_MINUTE_S else "due")


def took_text(took_s: float | None) -> SafeText:
    """Return a duration such as `340 ms`, `2.4 s` or `3 m 12 s`."""
    if took_s is None:
        return ABSENT
    took_ms = round(max(0.0, took_s) * 1000)
    if took_ms < _SECOND_MS:
        return sanitize(f"{took_ms} ms")
    tenths = round(took_s, 1)
    if tenths < _COARSE_STEP_S:
        return sanitize(f"{tenths:.1f} s")
    whole_s = round(took_s)
    if whole_s < _MINUTE_S:
        return sanitize(f"{whole_s} s")
    if whole_s < _HOUR_S:
        return sanitize(f"{whole_s // _MINUTE_S} m {whole_s % _MINUTE_S} s")
    return sanitize(f"{whole_s // _HOUR_S} h {whole_s % _HOUR_S // _MINUTE_S} m")


def _in_large_units(whole_s: int) -> str:
    if whole_s < _HOUR_S:
        return f"{whole_s // _MINUTE_S} m"
    if whole_s < 2 * _DAY_S:
        return f"{whole_s // _HOUR_S} h"
    return f"{whole_s // _DAY_S} d"
