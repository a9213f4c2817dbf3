"""When slots are, also where clocks change, and what becomes of missed ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from queuetui.model.errors import BadConfig
from queuetui.model.schedule import JobPattern, Missed, ScheduleSpec, Timing
from queuetui.timetable import MOST_CAUGHT_UP, check_spec, next_slot, take

DAY = timedelta(days=1)


def slots_of(timing: Timing, after: datetime, until: datetime) -> list[datetime]:
    """Return the slots of a span, each found anew from the one before, as workers find them."""
    found: list[datetime] = []
    slot = next_slot(timing, after)
    while slot <= until:
        found.append(slot)
        slot = next_slot(timing, slot)
    return found


def at(text: str) -> datetime:
    """Return a UTC time."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def spec(**changes: object) -> ScheduleSpec:
    """Return a schedule of every hour."""
    fields: dict[str, object] = {"name": "s", "timing": Timing("0 * * * *"), "job": JobPattern("Send")}
    return ScheduleSpec(**(fields | changes))  # type: ignore[arg-type]  # tests name fields freely


@pytest.mark.parametrize(
    ("zone", "day", "gap_end"),
    [
        ("Europe/Berlin", "2026-03-29", "2026-03-29T01:00"),
        ("America/New_York", "2026-03-08", "2026-03-08T07:00"),
        ("Australia/Lord_Howe", "2026-10-04", "2026-10-03T15:30"),
    ],
)
def test_a_slot_in_the_skipped_hour_runs_once_when_it_is_over(zone: str, day: str, gap_end: str) -> None:
    """02:10 does not exist on that day: its slot is the first moment after the gap, and the days around have one each."""
    start = at(f"{day}T00:00") - 2 * DAY
    found = slots_of(Timing("10 2 * * *", tz=zone), start, start + 5 * DAY)
    assert at(gap_end) in found
    assert len(found) == len({(slot - start).days for slot in found}) == 5


def test_several_slots_in_the_skipped_hour_become_one() -> None:
    """Two times of the skipped hour are not made up for twice."""
    found = slots_of(Timing("0,30 2 * * *", tz="Europe/Berlin"), at("2026-03-28T23:00"), at("2026-03-29T12:00"))
    assert found == [at("2026-03-29T01:00")]


@pytest.mark.parametrize(
    ("zone", "first", "second"),
    [
        ("Europe/Berlin", "2026-10-25T00:30", "2026-10-25T01:30"),
        ("America/New_York", "2026-11-01T05:30", "2026-11-01T06:30"),
    ],
)
def test_a_slot_in_the_doubled_hour_runs_once(zone: str, first: str, second: str) -> None:
    """A fixed time of the doubled hour is taken the first time, and not again however late one looks."""
    hour = 2 if zone == "Europe/Berlin" else 1
    timing = Timing(f"30 {hour} * * *", tz=zone)
    assert slots_of(timing, at(first) - DAY / 2, at(second) + DAY / 2) == [at(first)]
    for minutes in range(0, 90, 5):
        after = at(first) + timedelta(minutes=minutes)
        assert next_slot(timing, after) == at(first) + DAY + timedelta(hours=1)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize("month", [3, 10, 11])
def test_slots_that_follow_the_clock_go_on_evenly(zone: str, month: int) -> None:
    """Every ten minutes stays every ten minutes through both changes of a year."""
    start = datetime(2026, month, 1, tzinfo=UTC)
    found = slots_of(Timing("*/10 * * * *", tz=zone), start, start + 31 * DAY)
    assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(minutes=10)}


def test_seconds_are_counted_from_one_origin_for_everybody() -> None:
    """Every worker finds the same slots, wherever in between it looks, and a slot is never found twice."""
    timing = Timing(every_s=90)
    origin = next_slot(timing, at("2026-05-01T12:00"))
    assert (origin - datetime(1970, 1, 1, tzinfo=UTC)) % timedelta(seconds=90) == timedelta()
    for lag_s in (0.0, 0.4, 89.999):
        assert next_slot(timing, origin + timedelta(seconds=lag_s)) == origin + timedelta(seconds=90)


@pytest.mark.parametrize(
    ("timing", "word"),
    [
        (Timing("* * * *"), "five fields"),
        (Timing("61 * * * *"), "bad minute"),
        (Timing("0 0 30 2 *"), "day"),
        (Timing("* * * * * *"), "five fields"),
        (Timing("0 0 * * *", tz="Mars/Base"), "Mars/Base"),
        (Timing("0 0 * * *", tz="../../etc/passwd"), "time zone"),
        (Timing(every_s=0), "at least 1"),
        (Timing(), "cron"),
    ],
)
def test_a_timing_that_cannot_be_is_refused(timing: Timing, word: str) -> None:
    """The refusal says what is wrong."""
    with pytest.raises(ValueError, match=word):
        check_spec(spec(timing=timing))


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 201])
def test_a_name_is_short_and_printable(name: str) -> None:
    """A name that a line cannot show is refused."""
    with pytest.raises(ValueError, match="name"):
        check_spec(spec(name=name))


def test_aliases_are_known() -> None:
    """@daily is midnight in its zone."""
    assert next_slot(Timing("@daily", tz="Europe/Berlin"), at("2026-06-01T10:00")) == at("2026-06-01T22:00")


def test_of_missed_slots_the_latest_runs() -> None:
    """After five hours away one job is made, for the latest slot, and the next slot lies ahead."""
    taking = take(spec(), at("2026-05-01T06:00"), at("2026-05-01T10:20"))
    assert [slot.at for slot in taking.slots] == [at("2026-05-01T10:00")]
    assert taking.next_at == at("2026-05-01T11:00")


def test_missed_slots_may_be_skipped() -> None:
    """A slot found late is not run, one found in time is."""
    skipping = spec(missed=Missed.SKIP)
    assert take(skipping, at("2026-05-01T06:00"), at("2026-05-01T10:20")).slots == ()
    punctual = take(skipping, at("2026-05-01T06:00"), at("2026-05-01T10:00:30"))
    assert [slot.at for slot in punctual.slots] == [at("2026-05-01T10:00")]


def test_missed_slots_may_all_run_within_a_bound() -> None:
    """Catching up makes the jobs of all slots from the due one on, oldest first, and never more than the bound."""
    all_of = spec(missed=Missed.ALL)
    few = take(all_of, at("2026-05-01T08:00"), at("2026-05-01T10:20"))
    assert [slot.at.hour for slot in few.slots] == [8, 9, 10]
    assert len({slot.job.id for slot in few.slots}) == 3
    minutely = spec(timing=Timing("* * * * *"), missed=Missed.ALL)
    many = take(minutely, at("2026-01-01T00:00"), at("2026-05-01T10:20"))
    assert len(many.slots) == MOST_CAUGHT_UP
    assert many.slots[-1].at == at("2026-05-01T10:20")


def test_a_slot_older_than_the_grace_does_not_run() -> None:
    """A weekly job that is two days late stays out when its grace is one day, and runs when it is three."""
    weekly = Timing("0 3 * * 1")
    due_at, now = at("2026-05-04T03:00"), at("2026-05-06T04:00")
    assert take(spec(timing=weekly), due_at, now).slots == ()
    patient = take(spec(timing=weekly, grace_s=3 * 86400), due_at, now)
    assert [slot.at for slot in patient.slots] == [due_at]


def test_a_schedule_survives_being_stored() -> None:
    """What is written is read back the same; what was written by a newer version is read as far as it is known."""
    whole = spec(
        timing=Timing("0 2 * * *", tz="Europe/Berlin"),
        job=JobPattern("Send", '{"to": "é"}', "mail", "n", 5, 2, ("a",), ("gpu",), 1.5),
        overlap=False,
        missed=Missed.ALL,
    )
    assert ScheduleSpec.from_text(whole.to_text()) == whole
    assert ScheduleSpec.from_text(whole.to_text()[:-1] + ',"calendar":"x"}') == whole


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name":1,"timing":3,"job":{},"missed":"latest"}'])
def test_a_stored_schedule_that_cannot_be_read_says_so(text: str) -> None:
    """Nonsense in the store is an error of ours."""
    with pytest.raises(BadConfig, match="newer queuetui"):
        ScheduleSpec.from_text(text)


# Changes at midnight, by half an hour, by two hours, in the south, and around a month of fasting.
ODD_ZONES = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Havana",
    "America/Santiago",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Kolkata",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Pacific/Auckland",
]


@pytest.mark.parametrize("zone", ODD_ZONES)
@pytest.mark.parametrize("cron", ["0 0 * * *", "30 0 * * *", "30 1 * * *", "15 2 * * *", "45 3 * * *"])
def test_a_daily_slot_comes_once_a_day_everywhere(zone: str, cron: str) -> None:
    """Through every change of two years each local day has exactly one slot, however its clocks are set."""
    start, days = at("2025-12-31T12:00"), 730
    found = slots_of(Timing(cron, tz=zone), start, start + timedelta(days=days))
    local_days = [slot.astimezone(ZoneInfo(zone)).date() for slot in found]
    assert len(found) in {days, days + 1}
    assert {later - earlier for earlier, later in pairwise(local_days)} == {DAY}


@pytest.mark.parametrize(
    ("cron", "after", "expected"),
    [
        ("*/15 * * * *", "2026-04-04T14:40", ["14:45", "15:00", "15:15", "15:30"]),
        ("30 * * * *", "2026-04-04T14:00", ["14:30", "15:00", "16:00", "17:00"]),
        ("45 1 * * *", "2026-04-04T14:00", ["14:45", "15:15", "15:15", "15:15"]),
        ("15 2 * * *", "2026-10-03T14:00", ["15:30", "15:15", "15:15", "15:15"]),
        ("*/15 * * * *", "2026-10-03T15:10", ["15:15", "15:30", "15:45", "16:00"]),
        ("0 2 * * *", "2026-10-03T14:00", ["15:30", "15:00", "15:00", "15:00"]),
    ],
)
def test_clocks_that_change_by_half_an_hour_lose_no_slot(cron: str, after: str, expected: list[str]) -> None:
    """On Lord Howe 2:00 becomes 1:30 in April and 2:30 in October: what follows the clock passes on, fixed times run once."""
    timing, slot, found = Timing(cron, None, "Australia/Lord_Howe"), at(after), []
    for _ in expected:
        slot = next_slot(timing, slot)
        found.append(f"{slot:%H:%M}")
    assert found == expected


def test_an_interval_beyond_the_calendar_is_refused() -> None:
    """What never comes is refused when it is asked for, saying the longest."""
    with pytest.raises(ValueError, match="longest is"):
        check_spec(spec(timing=Timing(every_s=10**12)))
