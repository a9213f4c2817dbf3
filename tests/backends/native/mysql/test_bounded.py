"""What is asked often touches few rows, however many there are: the server's own counters of rows read are the witness."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, text

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.backend import SqlBackend, open_backend
from queuetui.backends.native.sql.look import counts, pages, sums, walks
from queuetui.backends.native.sql.look.inspector import SqlInspector
from queuetui.backends.native.sql.session import Session
from queuetui.model.clock import to_us
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.model.state import FINAL, State
from tests.backends.native.seeds import Seed
from tests.servers.mysql import MysqlServer

JOBS = 12_000
FEW = 1_200
LEASE = UUID(int=7).bytes
READ = "show session status where variable_name like 'Handler\\_read%%' and variable_name <> 'Handler_read_retry'"


@pytest.fixture(scope="module")
def crowded(mysql_server: MysqlServer) -> Iterator[SqlBackend]:
    """A backend on some ten thousand jobs of every state in three queues; few of them are being worked on."""
    url = mysql_server.create_database()
    backend = open_backend(url, BackendOptions(create=True))
    seed = Seed(backend.database, datetime.now(UTC))
    kept = [state for state in State if state not in {State.BLOCKED, State.PROCESSING}]
    rows: list[dict[str, Any]] = []
    for number in range(JOBS):
        state = State.PROCESSING if number % 100 == 0 else kept[number % len(kept)]
        at = seed.now - timedelta(seconds=1_000 + number)
        done = {"done_at": at, "expires_at": at} if state in FINAL else {}
        rows.append(
            {"state": state, "queue": f"q{number % 3}", "due_at": at, "claimed_at": at, "key": f"k{number}", **done}
        )
    seed.jobs(*rows)
    backend.database.write("filling", _add_old_news)
    # As the server does by itself some seconds after so many rows were written.
    backend.database.write_at_once(
        "analysing", lambda session: session.execute("analyze table queuetui_job, queuetui_job_done", {})
    )
    yield backend
    backend.close()
    mysql_server.drop_database(url)


def _add_old_news(session: Session) -> None:
    """Write events and acts: half long past, half of now."""
    half = f"select id, {seed_us(-1)} as at from queuetui_job union all select id, {seed_us(0)} from queuetui_job_done"
    session.execute(
        f"insert into queuetui_event (at, kind, job_id) select at, 0, id from ({half}) as told order by at", {}
    )
    session.execute(
        "insert into queuetui_act (id, verb, actor, at, reason, filter)"
        f" select hex(id), 'retry', 'ann', at, '', '' from ({half}) as told",
        {},
    )
    session.execute(
        "insert into queuetui_act_row (act_id, job_id, outcome, note)"
        " select id, id, 'done', '' from queuetui_act where mod(crc32(id), 2) = 0",
        {},
    )


def seed_us(years: int) -> int:
    """Return a time some years from now in microseconds."""
    return to_us(datetime.now(UTC)) + years * 365 * 86_400 * 1_000_000


CASES: dict[str, dict[str, Any]] = {
    "choose_ready": {"queue": "q1", "claim": 10},
    "choose_due": {"state": 0, "limit": 10},
    "next_level": {"queue": "q1", "at_most": 2**63 - 1},
    "read_level": {"queue": "q1", "priority": 0, "due_at": 1, "id": LEASE, "limit": 10},
    "count_running": {"queue": "q1"},
    "take_chosen": {"ids": [uuid4().bytes for _ in range(100)]},
    "promote": {"ids": [uuid4().bytes for _ in range(100)]},
    "next_due": {},
    "next_queue": {"after": "q0"},
    "queues_ready": {"queues": '["q1", "q9"]'},
    "take_held": {"lease_id": LEASE, "limit": 10},
    "list_cancels": {"lease_id": LEASE},
    "take_expired_leases": {"limit": 10},
    "take_unleased": {"limit": 10},
    "prune_done": {"limit": 10},
    "prune_keys": {"limit": 10},
    "prune_tally": {"limit": 10, "kept_us": 1},
    "prune_slots": {"limit": 10, "kept_us": 1},
    "due_schedules": {"limit": 10},
    "find_job": {"id": LEASE},
    "find_known": {"ids": [uuid4().bytes for _ in range(100)]},
    "lock_runs": {"ids": [uuid4().bytes for _ in range(100)], "lease_id": LEASE},
    "lock_run": {"id": LEASE, "fence": 1, "lease_id": LEASE},
    "claim_jobs": {"ids": [uuid4().bytes for _ in range(100)], "lease_id": LEASE, "worker_id": "w", "alone": False},
    "drop_runs": {"ids": [uuid4().bytes for _ in range(100)]},
    "snapshot_next_live": {"after": "q0"},
    "snapshot_next_done": {"after": "q0"},
    "snapshot_busy": {"at": 1, "most": 100},
    "snapshot_page": {"head": 100, "most": 20},
    "snapshot_total": {"most": 100},
    "snapshot_counts": {"name": "q1", "most": 10},
    "snapshot_stuck_runs": {"at": 1, "late": 1, "most": 10},
    "snapshot_stuck_waits": {"name": "q1", "late": 2**62, "most": 10},
    "snapshot_oldest": {"name": "q1", "above": -(2**63), "at": 2**62},
    "prune_events": {"limit": 10, "kept_us": 86_400_000_000, "most": 1_000_000},
    "prune_act_rows": {"limit": 10, "kept_us": 86_400_000_000},
    "prune_acts": {"limit": 10, "kept_us": 86_400_000_000},
    "log_created": {"ids": [uuid4().bytes for _ in range(100)]},
    "log_claimed": {"ids": [uuid4().bytes for _ in range(100)]},
    "log_completed": {"ids": [uuid4().bytes for _ in range(100)]},
    "log_promoted": {"ids": [uuid4().bytes for _ in range(100)]},
    "log_live": {"id": LEASE, "kind": 1, **dict.fromkeys(("at", "delay_us", "took_us", "actor", "detail"))},
    "log_started": {"id": LEASE, "fence": 1, "lease_id": LEASE, "running_us": 1},
}


@pytest.mark.parametrize("block", CASES)
def test_a_hot_statement_reads_few_rows(crowded: SqlBackend, block: str) -> None:
    """A statement of workers and clients reads about as many rows as it answers with or changes."""

    def count(session: Session) -> int:
        session.execute("flush status", {})
        session.rows(block, **CASES[block])
        read = sum(int(value) for _, value in session.execute(READ, {}).fetchall())
        raise _Counted(read)

    with pytest.raises(_Counted) as counted:
        crowded.database.write("counting rows", count)
    assert counted.value.rows < FEW


class _Counted(Exception):
    """Ends a transaction without its writes, and tells how many rows it read."""

    def __init__(self, rows: int) -> None:
        super().__init__(rows)
        self.rows = rows


def test_the_counters_tell_a_scan(crowded: SqlBackend) -> None:
    """A statement that reads a whole table is told from the others."""
    with crowded.database.reading("scanning") as connection:
        connection.exec_driver_sql("flush status")
        connection.execute(text("select sum(lost) from queuetui_job"))
        assert _rows_read(connection) > FEW


QUERIES = (
    *(
        "",
        "is:stuck",
        "state:pending",
        "state:processing",
        "state:scheduled",
        "state:scheduled,retrying",
        "state:failed",
    ),
    *("state:failed,cancelled", "state:completed", "queue:q1", "queue:q1 state:pending", "queue:q1 state:retrying"),
    *("key:k7", "id:00000000-0000-0000-0000-000000000007", "correlation_id:c7", "state:failed sort:completed"),
)


@pytest.mark.parametrize("query", QUERIES)
def test_a_page_reads_few_rows(crowded: SqlBackend, monkeypatch: pytest.MonkeyPatch, query: str) -> None:
    """A page, the first and the one behind it, reads its own rows and the capped count, not what lies between."""
    monkeypatch.setattr(pages, "COUNT_CAP", 50)
    monkeypatch.setattr(walks, "FILTERED_ROWS", 100)
    inspector = SqlInspector(crowded.database)

    def ask() -> None:
        page = inspector.page(PageRequest(parse_query(query), 20), Limits())
        if page.last is not None:
            inspector.page(PageRequest(parse_query(query), 20, page.last), Limits())

    assert _counting(crowded, ask) < FEW * 3


def test_a_tick_reads_few_rows(crowded: SqlBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot reads no more than its caps allow."""
    for module in (counts, pages, sums):
        monkeypatch.setattr(module, "COUNT_CAP", 50)
    monkeypatch.setattr(sums, "LEAST_CAP", 10)
    inspector = SqlInspector(crowded.database)
    assert _counting(crowded, lambda: inspector.snapshot(Watch(page=PageRequest(limit=20)))) < FEW * 3


def _counting(backend: SqlBackend, ask: Any) -> int:
    """Return how many rows a console's questions read: they all go over its one connection."""
    with backend.database.reading("beginning") as connection:
        connection.exec_driver_sql("flush status")
    ask()
    with backend.database.reading("counting") as connection:
        return _rows_read(connection)


def _rows_read(connection: Connection) -> int:
    return sum(int(value) for _, value in connection.exec_driver_sql(READ).all())
