"""Ages that change seldom enough to leave a quiet screen quiet."""

from __future__ import annotations

import pytest

from queuetui.tui.present.ages import age_text, due_text, took_text


@pytest.mark.parametrize(
    ("age_s", "waiting", "running"),
    [
        (None, "-", "-"),
        (-3600, "<10 s", "0 s"),
        (0, "<10 s", "0 s"),
        (7.9, "<10 s", "7 s"),
        (19.99, "10 s", "19 s"),
        (59.9, "50 s", "59 s"),
        (60, "1 m", "1 m"),
        (419, "6 m", "6 m"),
        (3599, "59 m", "59 m"),
        (3600 * 3, "3 h", "3 h"),
        (3600 * 47.9, "47 h", "47 h"),
        (3600 * 48, "2 d", "2 d"),
        (86400 * 400, "400 d", "400 d"),
    ],
)
def test_ages_go_in_steps(age_s: float | None, waiting: str, running: str) -> None:
    """Seconds by tens for what waits, one by one for what runs, then minutes, hours and days."""
    assert age_text(age_s) == waiting
    assert age_text(age_s, is_running=True) == running


def test_a_waiting_row_changes_seldom() -> None:
    """Over an hour of seconds a waiting age takes few values, each change being bytes on the wire."""
    assert len({age_text(second) for second in range(3600)}) == 6 + 59


@pytest.mark.parametrize(
    ("wait_s", "text"),
    [
        (None, "-"),
        (0, "due"),
        (-59, "due"),
        (-60, "due 1 m"),
        (-720, "due 12 m"),
        (-200_000, "due 2 d"),
        (5, "in <10 s"),
        (240, "in 4 m"),
    ],
)
def test_a_due_time_is_told_from_now(wait_s: float | None, text: str) -> None:
    """What is not due yet says when it will be."""
    assert due_text(wait_s) == text


@pytest.mark.parametrize(
    ("took_s", "text"),
    [
        (None, "-"),
        (-1, "0 ms"),
        (0.34, "340 ms"),
        (0.9996, "1.0 s"),
        (2.44, "2.4 s"),
        (9.96, "10 s"),
        (42.8, "43 s"),
        (59.7, "1 m 0 s"),
        (192, "3 m 12 s"),
        (7500, "2 h 5 m"),
    ],
)
def test_a_run_tells_what_it_took(took_s: float | None, text: str) -> None:
    """A finished run is told as finely as its length deserves."""
    assert took_text(took_s) == text
