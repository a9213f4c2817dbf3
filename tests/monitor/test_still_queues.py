"""Queues of systems without workers in which nothing moves."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.cli.main import run
from queuetui.model.access import Way
from queuetui.model.errors import ConnectionLost, Unreachable
from queuetui.model.limits import Limits
from queuetui.model.page import Page, PageRequest
from queuetui.model.snapshot import Snapshot, Watch
from queuetui.monitor import still_queues
from queuetui.monitor.alarms.watcher import AlarmWatcher, Watched
from queuetui.monitor.feed import Feed
from queuetui.monitor.health import Status, judge_health
from queuetui.monitor.observations import Observations
from tests.backends.captures import query, run_script
from tests.backends.laravel.tables import FAILED_TABLE, JOBS_TABLE

LIMITS = Limits(overdue_per_queue_s={"slow": 7200}, overdue_per_type_s={"Long": 7200})
COLUMNS = "queue, payload, attempts, reserved_at, available_at, created_at"


def wait(
    url: str, queue: str = "mail", job_type: str = "Send", due_s: float = 900, runs_s: float | None = None
) -> None:
    """Store a job of Laravel that has been due for some seconds, or that runs."""
    due = int(time.time() - due_s)
    reserved = "NULL" if runs_s is None else int(time.time() - runs_s)
    payload = f'{{"displayName":"{job_type}"}}'
    query(url, f"INSERT INTO jobs ({COLUMNS}) VALUES ('{queue}', '{payload}', 0, {reserved}, {due}, {due})")


def fail(url: str, ago_s: float) -> None:
    """Store a failure."""
    at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() - ago_s))
    query(url, f"INSERT INTO failed_jobs VALUES (NULL, 'database', 'mail', '{{}}', 'no', '{at}')")


@pytest.fixture
def laravel(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty queue of Laravel, whose changes are seen at once."""
    monkeypatch.setattr(still_queues, "_LOOKS_APART_S", 0.0)
    monkeypatch.setattr(still_queues, "_MOVING_FOR_S", 0.0)
    monkeypatch.setattr(still_queues, "_TIMES_COST", 0)
    run_script(sqlite_url, JOBS_TABLE.format(name="jobs") + FAILED_TABLE.format(name="failed_jobs"))
    return sqlite_url


def judged(feed: Feed) -> tuple[Status, list[str]]:
    """Return how well the queues run, and what is critical."""
    health = judge_health(feed.poll_health(), LIMITS)
    return health.status, [one.code for one in health.findings if one.severity.name == "CRITICAL"]


@pytest.mark.parametrize(
    ("due", "others", "failed_s", "is_left"),
    [
        ({}, {}, None, True),
        ({"due_s": 580}, {}, None, False),
        ({}, {"runs_s": 0}, None, False),
        ({}, {"runs_s": 7200}, None, True),
        ({}, {"queue": "other", "runs_s": 0}, None, True),
        ({}, {}, 540, False),
        ({}, {}, 660, True),
        ({"queue": "slow"}, {}, None, False),
        ({"job_type": "Long"}, {}, None, False),
        ({"due_s": 10}, {"due_s": 900}, None, True),
        ({"job_type": "Long", "due_s": 3600}, {"due_s": 700}, None, True),
    ],
)
def test_a_queue_that_does_not_move_is_unhealthy(
    laravel: str, due: dict[str, object], others: dict[str, object], failed_s: float | None, is_left: bool
) -> None:
    """Due too long by its queue and type, nothing of it running, nothing of it ended for as long; else it is a warning at most."""
    wait(laravel, **due)  # type: ignore[arg-type] # the columns of a row
    if others:
        wait(laravel, **others)  # type: ignore[arg-type] # the columns of a row
    if failed_s is not None:
        fail(laravel, failed_s)
    with closing(Feed(open_backend(laravel, BackendOptions()), LIMITS)) as feed:
        status, critical = judged(feed)
    assert (status is Status.UNHEALTHY, critical) == (is_left, ["overdue"] * is_left)
    if not due.keys() & {"queue", "job_type"}:
        assert (run(["check", "--url", laravel]) == 2) is is_left


@pytest.mark.parametrize("gone", ["min", "max"])
def test_a_queue_whose_jobs_go_between_two_looks_moves(laravel: str, gone: str) -> None:
    """A watcher sees no short run, but a job go from either end; once all is still for as long as a job may be due, it says so."""
    for number in range(3):
        wait(laravel, due_s=900 - number)
    with closing(Feed(open_backend(laravel, BackendOptions()), LIMITS)) as feed:
        feed.observe(hurried=True)
        # What is shown first waits for no look.
        assert judged(feed)[0] is Status.DEGRADED
        assert judged(feed)[0] is Status.DEGRADED
        query(laravel, f"DELETE FROM jobs WHERE id = (SELECT {gone}(id) FROM jobs)")
        assert judged(feed)[0] is Status.DEGRADED
        assert judged(feed)[0] is Status.DEGRADED
        feed._still._moved_s = {"mail": time.monotonic() - 601}
        assert judged(feed)[0] is Status.DEGRADED
        assert judged(feed)[0] is Status.UNHEALTHY


def test_what_cannot_be_read_is_no_proof(laravel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A queue that cannot be looked at is not said to stand still; one that was seen to is, until its oldest job has gone."""
    monkeypatch.setattr(still_queues, "_STILL_FOR_S", 0.0)
    wait(laravel, due_s=900)
    wait(laravel, due_s=800)
    with closing(Feed(open_backend(laravel, BackendOptions()), LIMITS)) as feed:

        def refuse(*_: object) -> Page:
            raise Unreachable("the statement took too long")

        def seen(*, read: bool) -> Status:
            with monkeypatch.context() as patch:
                if not read:
                    patch.setattr(feed._still._signs._inspector, "page", refuse)
                return judged(feed)[0]

        found = [seen(read=False), seen(read=False), seen(read=True), seen(read=False)]
        query(laravel, "DELETE FROM jobs WHERE id = 1")
        assert [*found, seen(read=False)] == [
            Status.DEGRADED,
            Status.DEGRADED,
            Status.UNHEALTHY,
            Status.UNHEALTHY,
            Status.DEGRADED,
        ]


def test_many_failures_hide_no_queue_that_stands_still(laravel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more failures than are looked through none is known to have ended lately."""
    wait(laravel)
    with closing(Feed(open_backend(laravel, BackendOptions()), LIMITS)) as feed:
        read = feed._inspector.page

        def cut_short(request: PageRequest, limits: Limits) -> Page:
            page = read(request, limits)
            return replace(page, looked=722) if any(one.field == "completed" for one in request.query.terms) else page

        monkeypatch.setattr(feed._inspector, "page", cut_short)
        assert judged(feed)[0] is Status.UNHEALTHY


def test_a_session_that_ended_amid_a_read_rings_no_alarm(
    laravel: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who judges health asks once more, as a console does."""
    feed = Feed(open_backend(laravel, BackendOptions()), LIMITS)
    read, lost = feed._inspector.snapshot, [ConnectionLost("the server ended this session")]

    def snapshot(watch: Watch) -> Snapshot:
        if lost:
            raise lost.pop()
        return read(watch)

    monkeypatch.setattr(feed._inspector, "snapshot", snapshot)
    watched = Watched("shop", laravel, LIMITS, (), lambda: [("shop", feed)], Way())
    with closing(Observations(tmp_path)) as kept, closing(AlarmWatcher(watched, kept)) as watcher:
        assert (watcher.look(), lost) == ((), [])


class WaitedTime:
    """A clock that moves only while somebody sleeps."""

    def __init__(self) -> None:
        self.slept_s: list[float] = []

    def monotonic(self) -> float:
        """Return for how long there was sleep."""
        return sum(self.slept_s)

    def sleep(self, seconds: float) -> None:
        """Let that time pass at once."""
        self.slept_s.append(seconds)


def test_five_queues_are_told_by_the_poll_that_looked(laravel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The moment between two looks counts against none of them, and what was seen is kept for a while and judges no job that came later."""
    waited = WaitedTime()
    monkeypatch.setattr(still_queues, "time", waited)
    monkeypatch.setattr(still_queues, "_LOOKS_APART_S", 2 * still_queues.LOOK_FOR_S)
    for queue in "abcde":
        wait(laravel, queue)
    with closing(Feed(open_backend(laravel, BackendOptions()), LIMITS)) as feed:
        assert judged(feed)[1] == ["overdue"] * 5
        assert waited.slept_s == [2 * still_queues.LOOK_FOR_S, 0, 0, 0, 0]
        with monkeypatch.context() as patch:
            patch.setattr(feed._still, "_signs", None)
            assert judged(feed)[1] == ["overdue"] * 5
        query(laravel, "DELETE FROM jobs")
        wait(laravel, "a", due_s=10)
        assert feed.poll(Watch()).warnings == ()
        assert judged(feed)[0] is Status.HEALTHY
