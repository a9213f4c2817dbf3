"""Reads the store's clock, queues and workers, by which jobs are judged and pages are laid out."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, Connection, Select, Table, case, cast, func, literal, literal_column, select, union

from queuetui.backends.native.sql.look.conditions import Condition, state_is
from queuetui.backends.native.sql.look.context import (
    MOST_BUSY,
    MOST_QUEUES,
    MOST_WORKERS,
    Paused,
    StoreContext,
    resting_among,
    to_worker,
)
from queuetui.backends.native.sql.look.layout import RUNS
from queuetui.backends.native.sql.look.mysql_queues import hop_queues, list_held
from queuetui.backends.native.sql.look.tables import job, job_done, lease, queue, tally, worker
from queuetui.model.rates import moving_since
from queuetui.model.state import FINAL, State
from queuetui.model.worker import WorkerInfo


def read_context(connection: Connection, now: datetime) -> StoreContext:
    """Read the queues and the workers."""
    held = list_held(connection) if connection.dialect.name == "mysql" else None
    names = _queue_names(connection) if held is None else {name for name, _ in held}
    columns = (queue.c.name, queue.c.paused_at, queue.c.paused_by, queue.c.events, queue.c.rules)
    rows = connection.execute(select(*columns).limit(MOST_QUEUES)).all()
    paused = {row.name: Paused(row.paused_at, row.paused_by) for row in rows if row.paused_at is not None}
    known = tuple(sorted(names | {row.name for row in rows}))[:MOST_QUEUES]
    unlogged = frozenset(row.name for row in rows if not row.events)
    moving = _read_moving(connection, now)
    resting = resting_among(known, moving, ((row.name, row.rules) for row in rows))
    running = moving if sum(moving.values()) < MOST_BUSY else None
    return StoreContext(now, known, paused, _read_workers(connection, now), unlogged, resting, held, running)


def _read_moving(connection: Connection, now: datetime) -> dict[str, int]:
    """Return the number of running jobs of each queue with a running or recent run."""
    runs = select(job.c.queue.label("name")).where(state_is(job.c.state, State.PROCESSING))
    running = runs.with_hint(job, f"force index ({RUNS})", "mysql").limit(MOST_BUSY).subquery()
    moved = tally.c.started + tally.c.completed + tally.c.failed + tally.c.retried + tally.c.lost
    lately = select(tally.c.queue, literal_column("0")).where(tally.c.minute >= moving_since(now), moved > 0)
    counted = select(running.c.name, func.count()).group_by(running.c.name)
    found: dict[str, int] = {}
    for name, count in connection.execute(union(counted, lately)):
        found[name] = max(count, found.get(name, 0))
    return found


def _queue_names(connection: Connection) -> set[str]:
    if connection.dialect.name == "mysql":
        return hop_queues(connection, MOST_QUEUES)
    found = select(_found_queues().c.name).order_by("name").limit(MOST_QUEUES)
    return set(connection.execute(found).scalars())


def names_table(names: tuple[str, ...], dialect: str, called: str | None = None) -> Any:  # noqa: ANN401 - a table-valued alias
    """Return a table of one column `value` with the names, which are bound as one parameter."""
    text = json.dumps(names)
    if dialect == "sqlite":
        return func.json_each(text).table_valued("value", name=called)
    from sqlalchemy.dialects.postgresql import JSONB

    return func.jsonb_array_elements_text(cast(literal(text), JSONB)).table_valued("value", name=called)


def _found_queues() -> Any:  # noqa: ANN401 - a subquery
    """Skip from one queue to the next in each index that begins with the queue, past the rows between."""
    waiting = state_is(job.c.state, State.SCHEDULED, State.RETRYING)
    hops = [
        _hop(job, waiting, "waiting"),
        _hop(job, state_is(job.c.state, State.PENDING), "pending"),
        _hop(job, state_is(job.c.state, State.PROCESSING), "processing"),
        *(_hop(job_done, state_is(job_done.c.state, state), state.value) for state in State if state in FINAL),
    ]
    return union(*hops).subquery("found")


def _hop(table: Table, condition: Condition, name: str) -> Select[Any]:
    walk: CTE = select(func.min(table.c.queue).label("name")).where(condition).cte(f"hop_{name}", recursive=True)
    beyond = select(func.min(table.c.queue)).where(condition, table.c.queue > walk.c.name).scalar_subquery()
    walk = walk.union_all(select(beyond).where(walk.c.name.is_not(None)))
    limited = select(walk.c.name).where(walk.c.name.is_not(None)).limit(MOST_QUEUES).subquery()
    return select(limited.c.name)


def _read_workers(connection: Connection, now: datetime) -> tuple[WorkerInfo, ...]:
    is_held = state_is(job.c.state, State.PROCESSING)
    if connection.dialect.name == "mysql":
        # Only a processing job has a lease, so the index on leases answers alone.
        is_held = job.c.lease_id.is_not(None)
    held = select(job.c.lease_id).where(is_held).limit(MOST_BUSY).subquery()
    counted = (
        select(lease.c.worker_id, func.count(), func.sum(case((lease.c.until < now, 1), else_=0)))
        .join(held, held.c.lease_id == lease.c.id)
        .group_by(lease.c.worker_id)
    )
    busy: dict[str, tuple[int, int]] = {row[0]: (row[1], int(row[2])) for row in connection.execute(counted)}
    rows = connection.execute(select(worker).order_by(worker.c.beat_at.desc()).limit(MOST_WORKERS)).all()
    return tuple(
        to_worker(row, *busy.get(row.id, (0, 0))) for row in sorted(rows, key=lambda row: (row.started_at, row.id))
    )
