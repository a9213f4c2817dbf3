"""How far failed_at is from UTC is found out where failures prove it, and said."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from queuetui.backends.foreign.laravel.zone_evidence import Failure, ZoneFound, judge_zone, known_before
from queuetui.backends.payloads.laravel_payload import read_payload
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
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
        failures(-18_000, [2, 30], [1, 5]),
        failures(-18_000, [2, 30, 40], [None, None, None]),
        failures(3600, [4000, 5000, 6000], [1, 5, 40]),
        failures(0, [2, 30, 100], [7200, 7200, 7200]),
        [],
    ],
)
def test_what_nothing_proves_is_said(known: list[Failure]) -> None:
    """Of two failures, without times in the payloads, or where UTC is one of several that fit: taken as UTC, which is told."""
    found = judge_zone(known, NOW_S)
    assert found.zone.utcoffset(None) == timedelta()
    assert "which no row proves" in found.note


@pytest.mark.parametrize(
    "known",
    [failures(0, [2, 30, 100, DAY_S], [1, 5, 40, 9000]), failures(0, [DAY_S, -DAY_S, 5000, 6000], [1, None, 5, 40])],
)
def test_proved_utc_needs_no_word(known: list[Failure]) -> None:
    """Jobs that failed soon after they were made, told in UTC, prove it, whatever one row from the future says."""
    assert judge_zone(known, NOW_S) == ZoneFound()


MADE_S = 1_790_000_000
CARBON = 'O:13:"Carbon\\Carbon":3:{{s:4:"date";s:26:"{date}";s:13:"timezone_type";i:{kind};s:8:"timezone";s:{size}:"{zone}";}}'
LATE = "Illuminate\\Queue\\MaxAttemptsExceededException: App\\Jobs\\Sync has been attempted too many times: 12:00"


def delayed(date: str, kind: int, zone: str) -> dict[str, object]:
    """Return the payload of a job that was put off until a time of PHP."""
    delay = CARBON.format(date=date, kind=kind, zone=zone, size=len(zone))
    return {"data": {"command": f'O:8:"App\\Sync":1:{{s:5:"delay";{delay}}}'}}


@pytest.mark.parametrize(
    ("fields", "exception", "known_s"),
    [
        ({"createdAt": MADE_S, "pushedAt": f"{MADE_S + 1}.5"}, "", MADE_S + 1.5),
        ({"sentry_publish_time": MADE_S + 0.25}, "", MADE_S + 0.25),
        (
            {"uuid": f"{MADE_S * 1000:012x}"[:8] + "-" + f"{MADE_S * 1000:012x}"[8:] + "-7000-8000-000000000000"},
            "",
            MADE_S,
        ),
        ({"uuid": "8ada5755-aa5f-4ca0-ae07-67b33110d52e"}, "", None),
        ({"data": {"batchId": "a3488858-d5ef-47e3-897f-7fa53d1348a4"}}, "", MADE_S + 7),
        ({"data": {"batchId": "b3488858-d5ef-47e3-897f-7fa53d1348a4"}}, "", None),
        ({"retryUntil": MADE_S}, LATE, MADE_S),
        ({"retryUntil": MADE_S}, f"LogicException: {LATE}", None),
        (delayed("2026-09-21 10:13:20.000000", 3, "America/New_York"), "", MADE_S),
        (delayed("2026-09-21 19:43:20.000000", 1, "+05:30"), "", MADE_S),
        (delayed("2026-09-21 10:13:20.000000", 2, "EDT"), "", None),
        (delayed("2026-09-21 10:13:20.000000", 3, "Nowhere/At_All"), "", None),
        (delayed("soon", 3, "UTC"), "", None),
        ({"createdAt": True, "pushedAt": "soon"}, "", None),
        ({"createdAt": 10**400}, "", None),
        ({}, "", None),
    ],
)
def test_a_payload_tells_times_that_its_failure_lies_behind(
    fields: dict[str, object], exception: str, known_s: float | None
) -> None:
    """When it was made by whoever writes it, its batch, what it was put off until, and a deadline where that is why it failed."""
    batches = {"a3488858-d5ef-47e3-897f-7fa53d1348a4": MADE_S + 7}
    assert known_before(read_payload(json.dumps(fields)), exception, batches) == known_s


def test_batches_prove_how_far_west_an_application_is(capture: Capture) -> None:
    """In each database, payloads without a time are told by when their batch was made."""
    schema = "public." if capture.url.startswith("postgres") else ""
    told = (capture.captured_at - timedelta(hours=5, seconds=60)).strftime("%Y-%m-%d %H:%M:%S")
    [[batch]] = query(capture.url, f"SELECT min(id) FROM {schema}job_batches")
    query(capture.url, f"UPDATE {schema}job_batches SET created_at = {int(capture.captured_at.timestamp()) - 90}")
    batched = f'replace(payload, \'"data":{{\', \'"data":{{"batchId":"{batch}",\')'
    query(capture.url, f"UPDATE {schema}failed_jobs SET failed_at = '{told}', payload = {batched}")
    job = choose(capture.open(), "state:failed age<5m")
    assert job.completed_at == capture.captured_at - timedelta(seconds=60)
    assert "5:00 h behind UTC" in " ".join(job.remarks)


def test_a_list_of_failures_says_that_their_time_is_not_proved(capture: Capture) -> None:
    """In each database, as it is captured; a profile that names the zone, be it UTC, is believed without a word."""
    backend = capture.open()
    asked = PageRequest(parse_query("state:failed"), 5)
    page = backend.inspector.page(asked, Limits())
    assert any("which no row proves" in note for note in page.notes)
    assert "which no row proves" in " ".join(page.jobs[0].remarks)
    assert not backend.inspector.page(PageRequest(parse_query("state:pending"), 5), Limits()).notes
    named = capture.open(timezone="UTC").inspector.page(asked, Limits())
    assert (named.notes, "proves" in " ".join(named.jobs[0].remarks)) == ((), False)


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
