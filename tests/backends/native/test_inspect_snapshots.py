"""Snapshots of the native queue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from queuetui.backends.native.sql.database import Database
from queuetui.backends.native.sql.look import context, context_reads, short_id_search, snapshots, sums
from queuetui.backends.native.sql.look.inspector import SqlInspector
from queuetui.backends.native.sql.look.tables import tally
from queuetui.backends.native.sql.worker.tally import TOOK_COLUMNS
from queuetui.model.alarm_limits import AlarmLimits
from queuetui.model.errors import NotFound, Unreachable
from queuetui.model.job_id import new_job_id
from queuetui.model.limits import Limits
from queuetui.model.measured import Exactness
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.rates import RecentRuns
from queuetui.model.snapshot import Part, QueueInfo, Snapshot, Watch
from queuetui.model.state import State
from queuetui.model.stuck import is_stuck
from queuetui.model.waiting_queues import WaitingQueues
from tests.backends.native.seeds import Seed, attempt, payload

# Alarms that ask for no more than the cap of these tests.
FEW = Limits(alarms=AlarmLimits(depth=1, dead_letters=1))


def shoot(database: Database, **watch: Any) -> Snapshot:
    """Take a snapshot."""
    return SqlInspector(database).snapshot(Watch(**watch))


def queue_of(snapshot: Snapshot, name: str) -> QueueInfo:
    """Return one queue of a snapshot."""
    return next(queue for queue in snapshot.queues if queue.name.raw == name)


def test_every_job_is_counted_once_in_its_queue_and_state(database: Database, seed: Seed) -> None:
    """Counts per queue and overall hold every job once, in the state it is in."""
    kept = [state for state in State if state is not State.BLOCKED]
    for number, state in enumerate(kept):
        seed.jobs(*({"state": state, "queue": "a", "claimed_at": seed.now} for _ in range(number + 1)))
    seed.jobs({"queue": "b"}, {"queue": "b", "state": State.FAILED})
    snapshot = shoot(database)
    expected = {state: number + 1 for number, state in enumerate(kept)}
    assert {state: one.value for state, one in queue_of(snapshot, "a").counts.items()} == expected
    assert snapshot.counts[State.FAILED].value == expected[State.FAILED] + 1
    assert snapshot.total.value == sum(expected.values()) + 2
    assert {one.exactness for one in snapshot.counts.values()} == {Exactness.EXACT}
    assert snapshot.problems == {}


def test_counts_stop_at_the_cap(database: Database, seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A count past the cap says "at least", and is exact on demand."""
    monkeypatch.setattr(sums, "COUNT_CAP", 3)
    seed.jobs(*({} for _ in range(5)), *({"state": State.FAILED} for _ in range(3)))
    snapshot = shoot(database, limits=FEW)
    pending, failed = snapshot.counts[State.PENDING], snapshot.counts[State.FAILED]
    assert (pending.value, pending.exactness) == (3, Exactness.CAPPED)
    assert (failed.value, failed.exactness) == (3, Exactness.EXACT)
    assert snapshot.total.exactness in {Exactness.CAPPED, Exactness.ESTIMATED}
    exact = shoot(database, limits=FEW, exact=True)
    assert (exact.counts[State.PENDING].value, exact.counts[State.PENDING].exactness) == (5, Exactness.EXACT)
    assert (exact.total.value, exact.total.exactness) == (8, Exactness.EXACT)


def test_very_many_queues_are_read_in_part(database: Database, seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the most queues that are read, sums say "at least", and a queue named in a filter is found all the same."""
    for module in (context, context_reads):
        monkeypatch.setattr(module, "MOST_QUEUES", 2)
    seed.jobs(*({"queue": f"q{number}"} for number in range(4)))
    snapshot = shoot(database)
    assert len(snapshot.queues) == 2
    assert (snapshot.counts[State.PENDING].value, snapshot.counts[State.PENDING].exactness) == (2, Exactness.CAPPED)
    page = SqlInspector(database).page(PageRequest(parse_query("queue:q3")), Limits())
    assert [job.queue.raw for job in page.jobs] == ["q3"]


def test_completed_jobs_past_the_cap_are_estimated(
    database: Database, seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The completed jobs of all queues are estimated from the store's statistics once counting stops."""
    monkeypatch.setattr(sums, "COUNT_CAP", 3)
    seed.jobs(*({"state": State.COMPLETED} for _ in range(8)), {"state": State.FAILED})
    with database.writing("analyzing") as connection:
        connection.execute(text(f"analyze {'table' if database.dialect == 'mysql' else ''} queuetui_job_done"))
    completed = shoot(database, limits=FEW).counts[State.COMPLETED]
    assert (completed.value, completed.exactness) == (8, Exactness.ESTIMATED)


def test_a_queue_says_who_listens_and_since_when_it_waits(database: Database, seed: Seed) -> None:
    """A queue shows its longest-due job whatever its priority, its live consumers and who paused it."""
    seed.jobs(
        {"priority": 9, "due_at": seed.ago(5)},
        {"priority": 1, "due_at": seed.ago(900)},
        {"priority": -3, "due_at": seed.ago(50)},
        {"queue": "import", "due_at": seed.ago(70)},
    )
    seed.worker("w1", ["mail"])
    seed.worker("w2", [])
    seed.worker("w3", ["mail"], silent_s=600)
    seed.pause("import", "ann")
    snapshot = shoot(database)
    mail, imports = queue_of(snapshot, "mail"), queue_of(snapshot, "import")
    assert mail.oldest_due_at == seed.ago(900)
    assert mail.consumers == 2
    assert mail.paused_at is None
    assert imports.oldest_due_at == seed.ago(70)
    assert imports.consumers == 1
    assert imports.paused_by is not None
    assert imports.paused_by.raw == "ann"
    assert [worker.id.raw for worker in snapshot.workers] == ["w1", "w2", "w3"]


def stuck_jobs(seed: Seed) -> set[str]:
    """Store a healthy and a stuck job of each kind; return the stuck ones."""
    live = seed.lease("w1", "mail", 30)
    over = seed.lease("w2", "mail", -1)
    run: dict[str, Any] = {"state": State.PROCESSING, "claimed_at": seed.ago(20), "started_at": seed.ago(20)}
    long: dict[str, Any] = {**run, "started_at": seed.ago(400)}
    seed.jobs(
        {**run, "lease_id": live},
        {"due_at": seed.ago(400)},
        {"queue": "paused", "due_at": seed.ago(400)},
        {"queue": "unheard", "due_at": seed.ago(10)},
        {"queue": "unheard", "state": State.RETRYING, "due_at": seed.ago(10)},
        {"queue": "unheard", "state": State.FAILED, "due_at": seed.ago(400)},
        {**long, "lease_id": live, "type": "Slow"},
        {**long, "lease_id": live, "queue": "slow"},
    )
    seed.pause("paused", "ann")
    seed.worker("w1", ["mail"])
    return set(
        seed.jobs(
            {**run, "lease_id": over},
            {**run, "lease_id": None},
            {**long, "lease_id": live},
            {**run, "lease_id": live, "started_at": None, "claimed_at": seed.ago(400)},
            {"queue": "unheard", "due_at": seed.ago(400)},
            {"queue": "unheard", "due_at": seed.ago(500), "priority": 7},
            {"queue": "unheard", "state": State.RETRYING, "due_at": seed.ago(400)},
        )
    )


def test_stuck_jobs_are_counted_and_paged_by_one_rule(database: Database, seed: Seed) -> None:
    """What is counted as stuck, what `is:stuck` pages and what the model calls stuck are the same jobs."""
    stuck = stuck_jobs(seed)
    limits = Limits(per_type_s={"Slow": 3600}, per_queue_s={"slow": 3600})
    page = SqlInspector(database).page(PageRequest(parse_query("is:stuck")), limits)
    assert {job.ref.id for job in page.jobs} == stuck
    assert page.total.value == len(stuck)
    snapshot = shoot(database, limits=limits, page=PageRequest())
    assert snapshot.stuck.value == len(stuck)
    assert queue_of(snapshot, "unheard").stuck.value == 3
    assert queue_of(snapshot, "mail").stuck.value == 4
    assert snapshot.page is not None
    waiting = WaitingQueues(frozenset({"unheard"}))
    judged = {job.ref.id for job in snapshot.page.jobs if is_stuck(job, snapshot.now, limits, waiting)}
    assert judged == stuck


@pytest.mark.parametrize(
    ("query", "count"),
    [("is:stuck queue:unheard", 3), ("is:stuck state:pending", 2), ("is:stuck priority>0", 1), ("-is:stuck", 8)],
)
def test_stuck_jobs_can_be_narrowed(database: Database, seed: Seed, query: str, count: int) -> None:
    """`is:stuck` joins other terms, and its contrary leaves the healthy jobs."""
    stuck_jobs(seed)
    limits = Limits(per_type_s={"Slow": 3600}, per_queue_s={"slow": 3600})
    assert len(SqlInspector(database).page(PageRequest(parse_query(query)), limits).jobs) == count


def test_the_tally_gives_rates_and_averages(database: Database, seed: Seed) -> None:
    """Rates, averages and minutes are read from the tally of the time asked for."""
    minute = seed.now.replace(second=0, microsecond=0)
    empty = dict.fromkeys(
        (*TOOK_COLUMNS, "enqueued", "started", "completed", "failed", "retried", "lost", "busy_us"), 0
    )
    own = {**empty, "worker_id": "w", "queue": "mail", "type": "Send"}
    seed.rows(
        tally,
        {**own, "minute": minute, "completed": 3, "failed": 1, "busy_us": 8_000_000, "took_11": 4},
        {**own, "minute": minute - timedelta(hours=3), "completed": 90, "busy_us": 90, "took_01": 90},
    )
    snapshot = shoot(database, tally_minutes=10)
    assert snapshot.average_s.value == 2.0
    assert [(one.minute, one.completed, one.failed, one.busy_s) for one in snapshot.tally] == [(minute, 3, 1, 8.0)]
    seed.job()
    mail = queue_of(shoot(database, tally_minutes=10), "mail")
    assert mail.average_s == 2.0
    assert mail.recent == RecentRuns(3.0, completed=3, failed=1, runs=4, busy_s=8.0, failed_in_hour=1)


def test_the_latest_failures_come_first(database: Database, seed: Seed) -> None:
    """The failures part holds the newest dead letters with their errors."""
    rows = [{"state": State.FAILED, "done_at": seed.ago(9 - n), "error_class": f"E{n}"} for n in range(5)]
    seed.jobs(*rows)
    errors = [job.error.class_name.raw for job in shoot(database, failures=3).failures if job.error is not None]
    assert errors == ["E4", "E3", "E2"]


def test_only_what_is_asked_for_is_read(database: Database, seed: Seed) -> None:
    """A part that is not asked for is empty, and absent is not zero."""
    seed.job()
    snapshot = shoot(database, parts=frozenset({Part.WORKERS}))
    assert (snapshot.counts, snapshot.queues, snapshot.tally, snapshot.page) == ({}, (), (), None)
    assert snapshot.total.exactness is Exactness.ABSENT


def test_a_part_fails_alone(database: Database, seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that the store refuses is named with the reason while the others are read."""
    seed.job()

    def fail(connection: Connection, *_: object) -> None:
        connection.execute(text("select nothing from nowhere"))

    monkeypatch.setattr(snapshots, "read_rates", fail)
    snapshot = shoot(database, page=PageRequest())
    assert set(snapshot.problems) == {"tally"}
    assert snapshot.counts[State.PENDING].value == 1
    assert snapshot.page is not None
    assert len(snapshot.page.jobs) == 1
    assert snapshot.average_s.exactness is Exactness.ABSENT


def test_a_store_that_is_gone_fails_as_a_whole(database: Database, seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that stops answering raises instead of naming part after part."""
    opened: list[str] = []

    @contextmanager
    def refuse(doing: str) -> Iterator[Connection]:
        opened.append(doing)
        yield from _gone()

    monkeypatch.setattr(database, "reading", refuse)
    with pytest.raises(Unreachable):
        shoot(database)
    assert len(opened) == 1


def test_reading_writes_nothing(database: Database, seed: Seed) -> None:
    """A console's transaction cannot write."""
    seed.job()
    with (
        pytest.raises(Exception, match=r"(?i)read[- ]?only|may only be read"),
        database.reading("trying") as connection,
    ):
        connection.execute(text("delete from queuetui_job"))


def test_a_job_is_got_whole_and_its_attempts_in_order(database: Database, seed: Seed) -> None:
    """One job is read with all its values; attempts come oldest first."""
    made = seed.job(
        state=State.FAILED,
        name="a name",
        payload=payload(sku="A-1"),
        result=b'"r"',
        error_class="E",
        error_message="m",
        error_traceback="t" * 20_000,
        worker_id="w",
        tags=["x", "y"],
        attempts=3,
        lost=1,
        priority=-4,
    )
    seed.rows(
        attempt,
        {"job_id": made, "fence": 2, "outcome": "failed", "error_class": "E", "ended_at": seed.now},
        {"job_id": made, "fence": 1, "outcome": "lost", "error_class": None, "ended_at": seed.ago(5)},
    )
    inspector = SqlInspector(database)
    job = inspector.get(made)
    assert job.error is not None
    assert len(job.error.traceback) == 20_000
    assert job.result is not None
    assert (job.result.raw, job.attempts, job.lost, job.priority, job.ref.rev) == ('"r"', 3, 1, -4, "1")
    assert [tag.raw for tag in job.tags] == ["x", "y"]
    assert [(one.fence, one.outcome) for one in inspector.attempts(made)] == [(1, "lost"), (2, "failed")]
    assert inspector.attempts("nonsense") == ()
    for unknown in ("nonsense", "00000000-0000-0000-0000-000000000000"):
        with pytest.raises(NotFound):
            inspector.get(unknown)


def test_jobs_are_found_by_the_end_of_their_id(database: Database, seed: Seed) -> None:
    """A suffix of any length finds its jobs in either table, at most as many as asked for."""
    made = seed.jobs({}, {"state": State.FAILED}, {})
    inspector = SqlInspector(database)
    for job_id in made:
        for suffix in (job_id, job_id.replace("-", ""), job_id[-6:], job_id[-14:].upper(), job_id[-9:]):
            assert [ref.id for ref in inspector.find(suffix).refs] == [job_id]
    last = made[0][-1]
    alike = sorted(job_id for job_id in made if job_id.endswith(last))
    assert [ref.id for ref in inspector.find(last, 1).refs] == alike[:1]
    assert inspector.find("xyz").refs == ()
    assert inspector.find("").refs == ()


@pytest.mark.parametrize("state", [State.PENDING, State.COMPLETED])
def test_a_short_id_finds_an_old_job(
    database: Database, seed: Seed, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six digits find a job that is not among the newest, through its time and without an index on ends."""
    old = new_job_id()
    seed.jobs({"id": old, "state": state}, *({"id": new_job_id(), "state": state} for _ in range(5)))
    monkeypatch.setattr(short_id_search, "MOST_LOOKED", 3)
    inspector = SqlInspector(database)
    assert [ref.id for ref in inspector.find(old[-6:]).refs] == [old]
    search = inspector.find(old[-3:])
    assert (search.refs, search.looked) == ((), 3)
    assert [ref.id for ref in inspector.find(old[-3:], after=search.reached).refs] == [old]
    assert inspector.find(f"{int(old[-6:], 16) ^ 1:06x}").refs == ()


def test_the_durability_grade_is_read_from_the_store(database: Database) -> None:
    """SQLite is flushed at every commit; a PostgreSQL that does not flush says so, and a MySQL that flushes late."""
    capabilities = SqlInspector(database).capabilities
    assert capabilities.native
    assert capabilities.durability == {"sqlite": "A", "postgresql": "C", "mysql": "B"}[database.dialect]


def _gone() -> Iterator[Connection]:
    raise Unreachable("gone")
