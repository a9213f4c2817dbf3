"""What a row says of an event."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from queuetui.model.event import Event, EventKind
from queuetui.model.picture import Picture
from queuetui.model.snapshot import Watch
from queuetui.model.text import Untrusted
from queuetui.tui.present.event_rows import facts_text, time_text
from queuetui.tui.present.queue_rows import QUEUE_COLUMNS, queue_rows
from tests.tui.scripted import NOW, ScriptedFeed, make_workers

CREATED = Event("1", NOW, EventKind.JOB_CREATED, job_id="1", detail=Untrusted("Send"))
ENDED = Event("2", NOW, EventKind.JOB_FAILED, job_id="1", attempt=2, detail=Untrusted("TimeoutError"))


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (replace(CREATED, moment=NOW), "Send"),
        (replace(CREATED, moment=NOW + timedelta(minutes=4)), "Send  due 02:55:07"),
        (replace(CREATED, moment=NOW + timedelta(days=1)), "Send  due 03-15 02:51:07"),
        (replace(ENDED, moment=NOW - timedelta(seconds=2.4)), "TimeoutError  took 2.4 s  attempt 2"),
        (Event("3", NOW, EventKind.WORKER_LOST, worker=Untrusted("web-2/4411")), "web-2/4411"),
        (Event("4", NOW, EventKind.JOB_SCHEDULED, job_id="1", worker=Untrusted("gone")), "to gone"),
        (
            replace(
                ENDED,
                kind=EventKind.JOB_PROGRESS,
                moment=NOW - timedelta(seconds=8.4),
                detail=Untrusted('{"fraction": 0.33, "note": "of 60 rows"}'),
            ),
            "33% of 60 rows  after 8.4 s  attempt 2",
        ),
        (Event("5", NOW, EventKind.QUEUE_PAUSED, actor=Untrusted("ana")), "ana"),
    ],
)
def test_a_row_tells_the_facts_in_few_words(event: Event, text: str) -> None:
    """An error or progress before how long it took, a due time only where it is later, a worker by host and process."""
    assert facts_text(event, NOW, make_workers()) == text


def test_the_time_of_another_day_tells_the_day() -> None:
    """Today counts by milliseconds, another day by the minute."""
    assert time_text(NOW, NOW) == "02:51:07.000"
    assert time_text(NOW - timedelta(days=1), NOW) == "03-13 02:51"


def test_a_queue_without_events_says_so() -> None:
    """In the list of queues such a one is flagged, unless something graver is to be said."""
    snapshot = ScriptedFeed().poll(Watch()).snapshot
    quiet = replace(snapshot, queues=tuple(replace(one, logs_events=False) for one in snapshot.queues))
    place = [column.key for column in QUEUE_COLUMNS].index("flag")
    assert {row.cells[place].text for row in queue_rows(Picture(quiet))} == {"unlogged"}
    assert {row.cells[place].text for row in queue_rows(Picture(snapshot))} == {""}
    paused = replace(quiet, queues=tuple(replace(one, paused_at=NOW) for one in quiet.queues))
    assert {row.cells[place].text for row in queue_rows(Picture(paused))} == {"PAUSED"}
