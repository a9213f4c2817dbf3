"""Every run has its start in what is shown, also a short one."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import BackendOptions, Running
from queuetui.backends.registry import open_native
from queuetui.model.event import Event, EventKind, EventRequest
from queuetui.model.job import Ending
from queuetui.model.limits import Limits
from queuetui.monitor.feed import Feed
from tests.conformance.scenes import add_one, claim_one, run, settle

CREATED, SCHEDULED, STARTED = EventKind.JOB_CREATED, EventKind.JOB_SCHEDULED, EventKind.JOB_STARTED
ENDS = {
    Ending.COMPLETED: EventKind.JOB_COMPLETED,
    Ending.FAILED: EventKind.JOB_FAILED,
    Ending.RETRY: EventKind.JOB_RETRIED,
    Ending.SNOOZED: EventKind.JOB_SNOOZED,
}


@pytest.fixture(params=["", "migrated_sqlite_url", "redis_url"])
def backend(request: pytest.FixtureRequest) -> Iterator[NativeBackend]:
    """A queue whose log is read."""
    url = request.getfixturevalue(request.param) if request.param else f"memory://{uuid4().hex}"
    opened = open_native(url, BackendOptions(create=True))
    yield opened
    opened.close()


@pytest.mark.parametrize("how", list(ENDS))
def test_a_short_run_is_shown_whole(backend: NativeBackend, how: Ending) -> None:
    """Created, Scheduled, Started and the end follow each other in the job's own log, in its view and by kind; gaps see none."""
    job_id = add_one(backend, queue=f"lane-{how}")
    run(backend, how, queue=f"lane-{how}", delay_s=60.0)
    feed = Feed(backend, Limits())
    whole = (CREATED, SCHEDULED, STARTED, ENDS[how])
    page = feed.events(EventRequest(job_id=job_id))
    assert tuple(event.kind for event in reversed(page.events)) == whole
    assert [event.at for event in page.events] == sorted((event.at for event in page.events), reverse=True)
    assert tuple(event.kind for event in reversed(feed.open(job_id, events=10).events or ())) == whole
    (started,) = feed.events(EventRequest(job_id=job_id, kinds=frozenset({STARTED}))).events
    assert (started.fence, started.attempt) == (1, 1)
    told = next(feed.follower(EventRequest(job_id=job_id)).follow())
    assert tuple(event.kind for event in told) == whole
    assert feed.gap_of(job_id) is None


def test_pages_join_and_a_start_stands_once(backend: NativeBackend) -> None:
    """However small a page is, nothing is repeated or lost; a long run's own entry is not told twice."""
    long = add_one(backend, queue="slow")
    lease, claimed = claim_one(backend, queue="slow")
    backend.jobs.mark_running(lease.id, [Running(claimed.id, claimed.fence, 5.0)])
    settle(backend, lease, claimed, Ending.COMPLETED, duration_s=5.0)
    for _ in range(5):
        add_one(backend, queue="quick")
        run(backend, queue="quick")
    feed = Feed(backend, Limits())
    for limit in (2, 3, 7, 100):
        found: list[Event] = []
        before: str | None = None
        while True:
            page = feed.events(EventRequest(limit=limit, before=before))
            assert len(page.events) <= limit
            found += page.events
            before = page.last
            if not page.has_more:
                break
        kinds = [event.kind for event in found]
        assert {kind: kinds.count(kind) for kind in (CREATED, SCHEDULED, EventKind.JOB_COMPLETED)} == dict.fromkeys(
            (CREATED, SCHEDULED, EventKind.JOB_COMPLETED), 6
        )
        assert len({event.cursor for event in found}) == len(found)
        assert len([event for event in found if event.kind is STARTED and event.job_id == long]) == 1
        assert kinds.count(STARTED) == 6
