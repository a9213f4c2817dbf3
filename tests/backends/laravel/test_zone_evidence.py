"""How far failed_at is from UTC is found out where failures prove it, and said."""

from __future__ import annotations

from datetime import timedelta

import pytest

from queuetui.backends.foreign.laravel.zone_evidence import Failure, judge_zone
from tests.backends.captures import Capture, query
from tests.backends.laravel.acts import choose

NOW_S = 1_800_000_000
DAY_S = 86_400


def failures(offset_s: float, ages_s: list[float], lives_s: list[float | None]) -> list[Failure]:
    """Return failures of an application whose time is `offset_s` from UTC: how long ago, and how long after they were made."""
    return [
        Failure(NOW_S - age + offset_s, None if life is None else NOW_S - age - life)
        for age, life in zip(ages_s, lives_s, strict=True)
    ]


@pytest.mark.parametrize("hours", [-12, -9.5, -5, -3.5, -0.75, 1, 5.5, 5.75, 12.75, 14])
def test_an_offset_that_fits_alone_is_taken(hours: float) -> None:
    """West and east, half hours and quarters: what made a job and the clock leave one offset, which failures are then told in."""
    found = judge_zone(failures(hours * 3600, [2, 30, 100, DAY_S], [1, 5, 40, 9000]), NOW_S)
    assert found.zone.utcoffset(None) == timedelta(hours=hours)
    written = f"{int(abs(hours))}:{int(abs(hours) % 1 * 60):02}"
    assert f"{written} h {'behind' if hours < 0 else 'ahead of'} UTC" in found.note
    assert "laravel.timezone" in found.note


@pytest.mark.parametrize("hours", [-5, -3.5, 1, 5.5])
def test_an_offset_that_is_only_bounded_is_said_and_not_taken(hours: float) -> None:
    """West of UTC with an old failure, and east without times in the payloads: times stay as they are, and at least how far off is said."""
    proved = (
        failures(-abs(hours) * 3600, [DAY_S] * 3, [1, 5, 40])
        if hours < 0
        else failures(hours * 3600, [2, 3, 4], [None] * 3)
    )
    found = judge_zone(proved, NOW_S)
    assert found.zone.utcoffset(None) == timedelta()
    assert f"by {int(abs(hours))}:{int(abs(hours) % 1 * 60):02} h or more" in found.note


@pytest.mark.parametrize(
    "known",
    [
        failures(0, [2, 30, 100, DAY_S], [1, 5, 40, 9000]),
        failures(-18_000, [2, 30], [1, 5]),
        failures(-18_000, [2, 30, 40], [None, None, None]),
        failures(3600, [4000, 5000, 6000], [1, 5, 40]),
        failures(0, [2, 30, 100], [7200, 7200, 7200]),
        failures(3600, [-DAY_S, 5000, 6000], [1, 5, 40]),
        [],
    ],
)
def test_too_little_evidence_says_nothing(known: list[Failure]) -> None:
    """In UTC, of two failures only, with one row from the future, or where UTC may be true as well, nothing is concluded."""
    found = judge_zone(known, NOW_S)
    assert (found.zone.utcoffset(None), found.note) == (timedelta(), "")


@pytest.mark.parametrize("hours", [-5.5, 9])
def test_failures_of_an_application_elsewhere_are_told_in_its_time(capture: Capture, hours: float) -> None:
    """In each database, failures a minute ago are told so, and each page and each job says what was found out."""
    made = int(capture.captured_at.timestamp()) - 90
    schema = "public." if capture.url.startswith("postgres") else ""
    told = (capture.captured_at + timedelta(hours=hours, seconds=-60)).strftime("%Y-%m-%d %H:%M:%S")
    marked = f'replace(payload, \'"data":\', \'"createdAt":{made},"data":\')'
    query(capture.url, f"UPDATE {schema}failed_jobs SET failed_at = '{told}', payload = {marked}")
    backend = capture.open()
    job = choose(backend, "state:failed age<5m")
    assert job.completed_at == capture.captured_at - timedelta(seconds=60)
    assert "UTC" in " ".join(job.remarks)
