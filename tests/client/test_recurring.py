"""Recurring jobs as programs ask for them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from queuetui.client import JobOptions, Queue, Recurrence
from queuetui.model.act import Act, Verb
from queuetui.model.errors import Conflict, NotFound
from queuetui.model.schedule import JobPattern, Missed, Schedule, ScheduleEdit, Timing
from queuetui.timetable import next_slot


def read(queue: Queue) -> tuple[Schedule, ...]:
    """Return the schedules of a queue."""
    return queue.backend.schedules.schedules().schedules


def test_a_program_makes_a_job_recur(queue: Queue) -> None:
    """Timing, policies and the job's rules are stored as they were asked for."""
    recurring = Recurrence(cron="0 6 * * *", tz="Europe/Berlin", overlap=False, missed="skip", grace=timedelta(hours=1))
    assert queue.schedule("morning", "Report", {"to": "é"}, recurring=recurring, queue="mail", priority="high")
    (known,) = read(queue)
    assert known.spec.timing == Timing("0 6 * * *", tz="Europe/Berlin")
    assert known.spec.job == JobPattern("Report", '{"to":"é"}', "mail", priority=10)
    assert (known.spec.overlap, known.spec.missed, known.spec.grace_s) == (False, Missed.SKIP, 3600.0)
    assert known.next_at == next_slot(known.spec.timing, datetime.now(UTC))


def test_asking_again_changes_only_what_is_new(queue: Queue) -> None:
    """A program may ask at each start; a person's pause stays, also when the job changes."""
    every = Recurrence(every=timedelta(minutes=2))
    assert queue.schedule("tick", "Ping", recurring=every)
    assert not queue.schedule("tick", "Ping", recurring=every)
    (known,) = read(queue)
    act = Act(Verb.PAUSE, "ana")
    queue.backend.schedules.apply_to_schedule(act, "tick", ScheduleEdit(known.rev))
    assert queue.schedule("tick", "Pong", recurring=every)
    (after,) = read(queue)
    assert (after.spec.job.type, after.paused_by, after.next_at) == ("Pong", "ana", known.next_at)


def test_a_job_recurs_no_more(queue: Queue) -> None:
    """A schedule that is dropped is gone, and dropping it again says so."""
    queue.schedule("tick", "Ping", recurring={"every": 90})
    queue.unschedule("tick")
    assert read(queue) == ()
    with pytest.raises(NotFound, match="tick"):
        queue.unschedule("tick")


@pytest.mark.parametrize(
    ("recurring", "word"),
    [
        (Recurrence(), "cron or every"),
        (Recurrence(every=5, cron="* * * * *"), "cron or every"),
        (Recurrence(every=timedelta(seconds=1.5)), "whole seconds"),
        (Recurrence(cron="61 * * * *"), "bad minute"),
        (Recurrence(every=5, missed="never"), "never"),
        (Recurrence(every=5, grace=-1), "the grace"),
        ("daily", "give a dict"),
        ({"evry": 5}, "give a dict"),
        ({"every": "5"}, "every"),
        ({"cron": 5}, "cron"),
        ({"every": 5, "overlap": "no"}, "overlap"),
        ({"cron": "* * * * *", "tz": None}, "tz"),
    ],
)
def test_what_cannot_recur_is_refused(queue: Queue, recurring: Any, word: str) -> None:
    """The refusal says why, and nothing is stored."""
    with pytest.raises((ValueError, TypeError), match=word):
        queue.schedule("tick", "Ping", recurring=recurring)
    assert read(queue) == ()


def test_what_is_of_one_job_is_refused(queue: Queue) -> None:
    """A schedule makes many jobs, so an id or key of one has no place in it."""
    options = JobOptions(idempotency_key="k")
    with pytest.raises(Conflict, match="idempotency_key"):
        queue.schedule("tick", "Ping", recurring={"every": 5}, **options)
