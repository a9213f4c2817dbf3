"""What one tick of the console costs on a large MariaDB queue: as console_tick.py, of the processor time of the server's own thread.

python -m benchmarks.console_tick_mysql [--jobs 1500000] [--queues 50] [--visible 200] [--ticks 20]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.console_tick import FAILED_SHARE, PENDING_SHARE, PROCESSING, WAITING_SHARE, show_snapshot, time_ticks
from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.backend import SqlBackend, open_backend
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.snapshot import Watch
from tests.servers.mysql import connect_mysql, find_mysql, start_mysql

BITE = 250_000
NOW_US = "cast(unix_timestamp(now(6)) * 1000000 as signed)"
ID = "unhex(concat(lpad(hex(1700000000000 + seq), 12, '0'), '7', substr(md5(seq), 1, 19)))"
PAYLOAD = """concat('{"sku": "A-', seq, '", "shop": {"name": "North"}}')"""
FILL_LIVE = f"""
insert into queuetui_job (id, queue, type, state, priority, due_at, max_attempts, created_at, updated_at, tags, needs, payload, lease_id,
    claimed_at, started_at, worker_id)
select {ID}, concat('q', seq % :queues), concat('Type', seq % 40), :state, seq % 3,
    {NOW_US} + (:due_s - cast(seq % 3600 as signed)) * 1000000, 3,
    {NOW_US}, {NOW_US}, '[]', '[]', {PAYLOAD}, if(:state = 2, unhex(md5(seq)), null),
    if(:state = 2, {NOW_US} - seq % 600 * 1000000, null), if(:state = 2, {NOW_US} - seq % 600 * 1000000, null),
    if(:state = 2, concat('w', seq % 8), null)
from seq_:first_to_:last
"""
FILL_DONE = f"""
insert into queuetui_job_done (id, queue, type, state, priority, due_at, max_attempts, created_at, updated_at, payload, done_at, expires_at,
    fence, rev, attempts, lost, lost_alone, `blob`, tags, needs, error_class, error_message, error_fingerprint)
select {ID}, if(seq % 200000 = 0, 'rare', concat('q', seq % :queues)), concat('Type', seq % 40), :state, 0, {NOW_US}, 3, {NOW_US}, {NOW_US},
    {PAYLOAD}, {NOW_US} - (:end - seq) * 20000, {NOW_US} + 604800000000, 1, 3, seq % 3 + 1, 0, 0, 0, '[]', '[]',
    if(:state = 6, 'TimeoutError', null), if(:state = 6, concat('gateway ', seq, ' timed out'), null),
    if(:state = 6, md5(seq % 50), null)
from seq_:first_to_:last
"""
FILL_REST = (
    f"""
    insert into queuetui_lease (id, worker_id, queue, until)
    select unhex(md5(seq)), concat('w', seq % 8), 'q0', {NOW_US} + 20000000 from seq_:first_to_:last where seq % 3 > 0
    """,
    f"""
    insert into queuetui_worker (id, host, pid, version, queues, types, tags, slots, started_at, beat_at)
    select concat('w', seq), 'h', seq, '1', :names, '[]', '[]', 50, {NOW_US}, {NOW_US} from seq_0_to_7
    """,
    f"""
    insert into queuetui_tally (minute, worker_id, queue, type, completed, busy_us)
    select ({NOW_US} div 60000000 - m.seq) * 60000000, concat('w', w.seq), concat('q', q.seq), concat('Type', q.seq), 100, 1000000
    from seq_0_to_600 m, seq_0_to_7 w, seq_0_to_:listened q
    """,
)


@contextmanager
def filled_queue(jobs: int, queues: int) -> Iterator[SqlBackend]:
    """Give a queue of so many jobs on a server of its own."""
    found = find_mysql()
    if found is None:
        sys.exit("no MariaDB was found on this system")
    settings = ("--innodb-buffer-pool-size=1G", "--innodb-log-file-size=512M", "--innodb-doublewrite=0")
    server = start_mysql(*found, settings)
    try:
        backend = open_backend(server.create_database(), BackendOptions(name="bench", create=True))
        _fill(backend, jobs, queues)
        yield backend
        backend.close()
    finally:
        server.remove()


def _fill(backend: SqlBackend, jobs: int, queues: int) -> None:
    pending, waiting, failed = int(jobs * PENDING_SHARE), int(jobs * WAITING_SHARE), int(jobs * FAILED_SHARE)
    shares = [
        (FILL_DONE, 5, jobs - pending - waiting - failed - PROCESSING, 0),
        (FILL_DONE, 6, failed, 0),
        (FILL_LIVE, 3, waiting // 2, 7200),
        (FILL_LIVE, 0, waiting // 2, 7200),
        (FILL_LIVE, 1, pending, -600),
        (FILL_LIVE, 2, PROCESSING, -600),
    ]
    names = ", ".join(f'"q{number}"' for number in range(queues - 3))
    values = {"queues": queues, "names": f"'[{names}]'", "listened": queues - 6}
    first = 1
    with connect_mysql(backend.database.url) as connection, connection.cursor() as cursor:
        for statement, state, count, due_s in shares:
            end = first + count - 1
            for begin in range(first, end + 1, BITE):
                part = {"first": begin, "last": min(end, begin + BITE - 1), "state": state, "due_s": due_s, "end": end}
                cursor.execute(_with(statement, values | part))
            first = end + 1
        for statement in FILL_REST:
            cursor.execute(_with(statement, values | {"first": first - PROCESSING, "last": first - 1}))
        cursor.execute("analyze table queuetui_job, queuetui_job_done, queuetui_tally, queuetui_lease")


def _with(statement: str, values: dict[str, object]) -> str:
    for name, value in values.items():
        statement = statement.replace(f":{name}", str(value))
    return statement


def main() -> None:
    """Fill and time."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--jobs", type=int, default=1_500_000)
    parser.add_argument("--queues", type=int, default=50)
    parser.add_argument("--visible", type=int, default=200)
    parser.add_argument("--ticks", type=int, default=20)
    options = parser.parse_args()
    start = time.perf_counter()
    with filled_queue(options.jobs, options.queues) as backend:
        print(f"filled {options.jobs:,} jobs in {options.queues} queues in {time.perf_counter() - start:.0f} s")
        watch = Watch(page=PageRequest(limit=options.visible), limits=Limits())
        show_snapshot(backend.inspector.snapshot(watch))
        time_ticks(backend, watch, options.ticks)


if __name__ == "__main__":
    main()
