"""When a key was written is told by how long it still stands, or is not known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from queuetui.backends.keys.written_times import written_about, written_at_end

NOON = datetime(2026, 11, 22, 12, 0, 7, tzinfo=UTC)


def test_a_time_is_told_within_ten_seconds() -> None:
    """Keys that all stand a day: one that has an hour less to go was written an hour before."""
    at_end = written_at_end([(NOON, 86_400_000), (NOON + timedelta(hours=1), 90_000_000), (None, 5), (NOON, -1)])
    assert written_about(at_end, 82_800_000) == datetime(2026, 11, 22, 11, 0, 0, tzinfo=UTC)
    assert written_about(at_end, -1) is None


def test_keys_that_do_not_stand_equally_long_tell_nothing() -> None:
    """Nothing is guessed from times that disagree, or from none."""
    assert written_at_end([(NOON, 86_400_000), (NOON, 3_600_000)]) is None
    assert written_about(written_at_end([]), 1_000) is None
