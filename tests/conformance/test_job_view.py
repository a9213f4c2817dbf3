"""One job with all that it is explained by: what the single reads give, read at one moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.backends.native.sql.database import Database
from queuetui.backends.native.sql.sqlite.database import SqliteDatabase
from queuetui.backends.redis.connections import Connections
from queuetui.model.errors import NotFound
from queuetui.model.event import EventRequest
from queuetui.model.job import Ending
from queuetui.model.job_view import uncounted_queue
from queuetui.model.run_notes import RunNotes
from queuetui.model.snapshot import Part, QueueInfo, Watch
from queuetui.model.text import Untrusted
from queuetui.monitor.feed import Feed
from tests.conformance.event_scenes import switch
from tests.conformance.rule_scenes import limit
from tests.conformance.scenes import LIMITS, add_one, card, claim_one, next_id, pause, settle

FACTS = Watch(parts=frozenset({Part.QUEUES, Part.WORKERS}))
EVENTS = 3


@pytest.fixture
def lived(loud: NativeBackend) -> str:
    """A job that ran twice and told of it, in a queue with rules beside a paused one; one worker is registered."""
    loud.jobs.register(card("w1", "default"))
    job_id = add_one(loud, correlation_id="order-17")
    add_one(loud, queue="mail")
    pause(loud, "mail")
    limit(loud, "default", rate="5/1m")
    lease, claimed = claim_one(loud)
    loud.notes.write_notes(lease.id, [RunNotes(claimed.id, claimed.fence, claimed.type, usage={"mails": 2}, log="so")])
    settle(loud, lease, claimed, Ending.RETRY)
    loud.jobs.promote(10)
    claim_one(loud)
    return job_id


def switches(queue: QueueInfo) -> QueueInfo:
    """Return a queue with its switches alone."""
    by = None if queue.paused_by is None else queue.paused_by.raw
    return uncounted_queue(queue.name.raw, queue.paused_at, by, logs_events=queue.logs_events, rests=queue.rests)


def test_a_view_is_what_the_single_reads_give(backend: NativeBackend, lived: str) -> None:
    """Job, attempts, notes, events, rules, switch, queues and workers are as each is read by itself."""
    view = backend.inspector.view(lived, EVENTS)
    around = backend.inspector.snapshot(FACTS)
    assert view.job == backend.inspector.get(lived)
    assert view.attempts == backend.inspector.attempts(lived)
    assert [(run.fence, run.usage, run.log) for run in view.runs] == [(1, ((Untrusted("mails"), 2),), Untrusted("so"))]
    assert view.events == backend.events.events(EventRequest(job_id=lived, limit=EVENTS))
    assert [use.rules for use in view.rules] == [use.rules for use in backend.rules.rules_in_use()]
    assert view.logs_events is backend.events.logs_events("default") is True
    assert view.queues == tuple(map(switches, around.queues))
    assert view.workers == around.workers
    assert view.held_until == around.held_until
    assert view.now <= around.now
    assert (len(view.attempts), len(view.runs), len(view.rules), len(view.queues)) == (1, 1, 1, 2)
    assert view.events is not None
    assert view.events.has_more


def test_a_view_tells_of_a_queue_whose_events_are_off(backend: NativeBackend, lived: str) -> None:
    """The switch is that of the job's own queue, and no events are read where none were asked for."""
    switch(backend, on=False)
    view = backend.inspector.view(lived, 0)
    assert view.logs_events is False
    assert view.events is None


def test_there_is_no_view_of_a_job_that_is_not_there(backend: NativeBackend) -> None:
    """A job that is gone is named in the error, as is what no id looks like."""
    for job_id in (next_id(), "no id"):
        with pytest.raises(NotFound, match=job_id):
            backend.inspector.view(job_id, EVENTS)


def test_the_detail_view_is_one_read(
    backend: NativeBackend, kind: str, lived: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening a job takes one transaction on SQL and one round trip on Redis."""
    feed = Feed(backend, LIMITS)
    feed.open(lived, events=EVENTS)
    reads: list[str] = []
    for owner, name in (
        (Database, "reading"),
        *((one, "read") for one in Database.__subclasses__()),
        (SqliteDatabase, "look"),
        *((Connections, name) for name in ("ask", "ask_all", "transact")),
    ):
        monkeypatch.setattr(owner, name, _counted(getattr(owner, name), reads))
    opened = feed.open(lived, events=EVENTS)
    assert opened.events is not None
    assert len(opened.events) == EVENTS
    assert len(reads) == (0 if kind == "memory" else 1), reads


def _counted(read: Callable[..., Any], reads: list[str]) -> Callable[..., Any]:
    """Return a way to read that is the same and is counted."""

    def counted(*given: Any, **named: Any) -> Any:
        reads.append(read.__qualname__)
        return read(*given, **named)

    return counted
