"""Where claims start while each walk from the start is slow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.backend import open_backend
from queuetui.backends.native.sql.postgresql import claim_start_hints as floors_module
from queuetui.backends.native.sql.postgresql.claim_start_hints import FloorBook, Floors, Start
from queuetui.backends.native.sql.postgresql.database import PostgresqlDatabase
from queuetui.model.job import ClaimedJob, NewJob
from queuetui.model.job_id import new_job_id
from tests.servers.postgres import PostgresServer

DUE = datetime(2026, 1, 1, tzinfo=UTC)
SLOW_S = 0.2


class Clock:
    """A clock that is set."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def claimed(priority: int = 0, due: datetime = DUE) -> ClaimedJob:
    """Return a claimed job."""
    return ClaimedJob(new_job_id(), 1, "T", "q", b"", None, priority, 0, 3, 0, None, (), None, due, due)


def slow_floors(clock: Clock) -> Floors:
    """Return floors after walks that were slow."""
    floors = Floors(clock)
    for _ in range(floors_module.SLOW_IN_A_ROW):
        floors.note(floors.start(), [claimed(5), claimed(0)], 0, SLOW_S)
    return floors


def test_claims_start_at_the_start_while_that_is_quick() -> None:
    """As long as walks are quick, or only one was slow, no claim has a floor."""
    floors = Floors(Clock())
    for took_s in (0.001, SLOW_S, 0.001, SLOW_S):
        assert floors.start() == Start(whole=True)
        floors.note(floors.start(), [claimed()], 10, took_s)
    assert floors.start().whole


def test_slow_walks_give_each_priority_a_floor() -> None:
    """After slow walks a claim starts shortly before the last claimed job of each priority, highest first."""
    start = slow_floors(Clock()).start()
    assert (start.whole, list(start.priorities)) == (False, [5, 0])
    assert list(start.dues) == [DUE - floors_module.LOOKED_BACK] * 2


def test_a_floor_follows_what_is_claimed() -> None:
    """A later job of a priority moves its floor."""
    floors = slow_floors(Clock())
    later = DUE + timedelta(hours=1)
    floors.note(floors.start(), [claimed(0, later)], 0, 0.001)
    assert list(floors.start().dues) == [DUE - floors_module.LOOKED_BACK, later - floors_module.LOOKED_BACK]


def test_walks_from_the_start_go_on_at_their_share_of_the_time() -> None:
    """A slow walk is tried again after fifty times what it took, half a minute at most; once it is quick the floors are given up."""
    clock = Clock()
    floors = slow_floors(clock)
    clock.now += floors_module.WALKS_SHARE * SLOW_S - 0.1
    assert not floors.start().whole
    clock.now += 0.2
    assert floors.start().whole
    floors.note(floors.start(), [], 0, 3600.0)
    clock.now += floors_module.LONGEST_S
    assert floors.start().whole
    floors.note(floors.start(), [claimed()], 0, 0.001)
    assert floors.start().whole


def test_only_so_many_priorities_have_floors() -> None:
    """Where there are more priorities than anybody names by hand, claims start at the start, and nothing is kept for each."""
    floors = slow_floors(Clock())
    for priority in range(floors_module.MOST_PRIORITIES + 1):
        floors.note(Start(whole=False), [claimed(priority)], 0, SLOW_S)
    assert floors.start() == Start(whole=True)


def test_only_so_many_leases_have_floors() -> None:
    """The book forgets the oldest lease and keeps the others."""
    book = FloorBook()
    kept = [book.of_lease(str(number)) for number in range(floors_module.MOST_LEASES + 1)]
    assert book.of_lease("1") is kept[1]
    assert book.of_lease("0") is not kept[0]


def test_a_claim_with_floors_finds_what_is_due_behind_them(postgres_server: PostgresServer) -> None:
    """With floors the new jobs of known priorities are claimed in order; those of others wait for the next walk from the start."""
    url = postgres_server.create_database()
    backend = open_backend(url, BackendOptions(create=True))
    assert isinstance(backend.database, PostgresqlDatabase)
    lease = backend.jobs.open_lease("w", "default", 300)
    clock = Clock()
    floors = backend.database.floors.of_lease(str(UUID(lease.id)))
    floors.clock = clock
    backend.jobs.enqueue([NewJob(new_job_id(), "T", b"{}", priority=priority) for priority in (0, 5)])
    first = backend.jobs.step(lease.id, [], 2).claimed
    for _ in range(floors_module.SLOW_IN_A_ROW):
        floors.note(Start(whole=True), first, 0, SLOW_S)
    assert not floors.start().whole
    sent = [NewJob(new_job_id(), "T", b"{}", priority=priority) for priority in (7, 0, 5, 0)]
    backend.jobs.enqueue(sent)
    assert [one.priority for one in backend.jobs.step(lease.id, [], 2).claimed] == [5, 0]
    assert [one.id for one in backend.jobs.step(lease.id, [], 10).claimed] == [sent[3].id]
    clock.now += floors_module.LONGEST_S
    assert [one.id for one in backend.jobs.step(lease.id, [], 10).claimed] == [sent[0].id]
    backend.close()
    postgres_server.drop_database(url)
