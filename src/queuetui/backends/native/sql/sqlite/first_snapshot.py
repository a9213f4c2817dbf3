"""The first snapshot of a console on an SQLite file, read by blocks: SQLAlchemy takes long to load."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from queuetui.backends.base import COUNT_CAP
from queuetui.backends.native.ids import id_text
from queuetui.backends.native.odd_values import read_json
from queuetui.backends.native.own_orders import own_order
from queuetui.backends.native.sql.blocks import load_blocks
from queuetui.backends.native.sql.look.context import (
    MOST_BUSY,
    MOST_QUEUES,
    MOST_WORKERS,
    Paused,
    StoreContext,
    to_worker,
)
from queuetui.backends.native.sql.look.job_rows import HEAD_BYTES, read_job, shorten
from queuetui.backends.native.sql.look.orders import NEWEST
from queuetui.backends.native.sql.look.snapshot_parts import SnapshotParts, make_snapshot
from queuetui.backends.native.sql.look.stuck_criteria import moment_before
from queuetui.backends.native.sql.look.sums import COUNTED, MOST_LEVELS, UNCOUNTED, Counts, add_up, cap_for
from queuetui.backends.native.sql.look.tally_rates import TallyRates, rates_of
from queuetui.backends.native.sql.state_codes import read_code
from queuetui.backends.reading.cursors import Place, write_cursor
from queuetui.model.clock import from_us, to_us
from queuetui.model.interruption import current_interruption
from queuetui.model.measured import Exactness, Measured
from queuetui.model.page import Page, PageRequest
from queuetui.model.snapshot import Part, Snapshot, Watch

if TYPE_CHECKING:
    import sqlite3

    from queuetui.backends.base import BackendOptions

_STEPS_BETWEEN_CHECKS = 10_000
_MOMENTS = dict.fromkeys(
    (
        *("due_at", "created_at", "updated_at", "cancel_requested_at", "claimed_at", "started_at", "done_at", "lease_until"),
        *("beat_at", "paused_at", "minute"),
    ),
    from_us,
)  # fmt: skip
_READ_AS: Mapping[str, Callable[[Any], Any]] = {
    **_MOMENTS,
    **dict.fromkeys(("tags", "needs", "queues", "types"), read_json),
    "state": read_code,
}


class TooMuch(Exception):
    """There is more than blocks count: what lies beyond is estimated, the other way."""


def is_plain(watch: Watch) -> bool:
    """Tell whether blocks can take a snapshot: nothing filtered, sorted or paged, no queue with limits."""
    page = watch.page
    is_first = page is None or not (page.query.terms or page.query.sort or page.cursor or page.backward)
    is_simple = not (watch.exact or watch.limits.per_queue_s or watch.limits.per_type_s)
    return is_first and is_simple and Part.FAILURES not in watch.parts


@contextmanager
def bounded(connection: sqlite3.Connection, limit_s: float) -> Iterator[None]:
    """Break off what is read within the block after so long, or when nobody wants it any more."""
    deadline = time.monotonic() + limit_s
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_CHECKS)
    try:
        with current_interruption().stopping_by(connection.interrupt):
            yield
    finally:
        connection.set_progress_handler(None, 0)


def take_plain_snapshot(connection: sqlite3.Connection, name: str, options: BackendOptions, watch: Watch) -> Snapshot:
    """Return a snapshot of what `is_plain`. Raises TooMuch."""
    now = options.now or from_us(time.time_ns() // 1000)
    read = _PlainReading(connection, name, options, now)
    context = read.look_around()
    parts = watch.parts
    found: dict[str, Any] = {}
    if watch.page is not None:
        found["page"] = read.page(watch.page)
    if not parts.isdisjoint({Part.COUNTS, Part.QUEUES}):
        found["counts"] = read.counts(context)
        found["stuck"] = read.stuck(context, watch)
    if Part.COUNTS in parts:
        sums = {state: add_up([own[state] for own in found["counts"].values()], now) for state in COUNTED}
        found["totals"] = sums, add_up(list(sums.values()), now)
    if Part.QUEUES in parts:
        found["oldest"] = read.oldest(context)
    if not parts.isdisjoint({Part.COUNTS, Part.QUEUES, Part.TALLY}):
        found["tally"] = read.tally(watch.tally_minutes)
    return make_snapshot(SnapshotParts(name, watch, found), context)


@dataclass(frozen=True, slots=True)
class _PlainReading:
    """One transaction's reading, judged at one time."""

    connection: sqlite3.Connection
    name: str
    options: BackendOptions
    now: datetime

    def look_around(self) -> StoreContext:
        switches = list(self._records("snapshot_switches", most=MOST_QUEUES))
        paused = {row.name: Paused(row.paused_at, row.paused_by) for row in switches if row.paused_at is not None}
        names = {row.name for row in (*switches, *self._records("snapshot_queues", most=MOST_QUEUES))}
        if len(names) >= MOST_QUEUES:
            raise TooMuch
        busy = {
            row.id: (row.busy, row.orphaned)
            for row in self._records("snapshot_busy", at=to_us(self.now), most=MOST_BUSY)
        }
        workers = sorted(self._records("snapshot_workers", most=MOST_WORKERS), key=lambda row: (row.started_at, row.id))
        return StoreContext(
            self.now,
            tuple(sorted(names)),
            paused,
            tuple(to_worker(row, *busy.get(row.id, (0, 0))) for row in workers),
            frozenset(row.name for row in switches if not row.events),
        )

    def page(self, request: PageRequest) -> Page:
        rows = list(self._records("snapshot_page", head=HEAD_BYTES, most=request.limit + 1))
        shown = rows[: request.limit]
        has_more = len(rows) > request.limit
        jobs = tuple(shorten(read_job(row, self.name, self.options.summaries)) for row in shown)
        return Page(
            jobs,
            self._total() if has_more else Measured(len(jobs), as_of=self.now),
            first=_cursor_of(shown[0]) if shown else None,
            last=_cursor_of(shown[-1]) if shown else None,
            has_more=has_more,
            order=own_order("newest"),
        )

    def counts(self, context: StoreContext) -> dict[str, Counts]:
        cap = cap_for(len(context.queues))
        rows = self._records("snapshot_counts", names=json.dumps(context.queues), most=cap + 1)
        found = {row.name: {state: self._count(getattr(row, state.value), cap) for state in COUNTED} for row in rows}
        return {name: found.get(name, UNCOUNTED) for name in context.queues}

    def stuck(self, context: StoreContext, watch: Watch) -> dict[str, Measured[int]]:
        criteria = context.criteria(watch.limits)
        late = to_us(moment_before(self.now, watch.limits.stuck_after_s))
        counted = dict.fromkeys(context.queues, 0)
        cap = cap_for(len(criteria.unconsumed))
        for row in self._records("snapshot_stuck_runs", at=to_us(self.now), late=late, most=COUNT_CAP + 1):
            counted[row.name] = counted.get(row.name, 0) + row.stuck
        if sum(counted.values()) > COUNT_CAP:
            raise TooMuch
        for row in self._records(
            "snapshot_stuck_waits", names=json.dumps(criteria.unconsumed), late=late, most=cap + 1
        ):
            counted[row.name] = counted.get(row.name, 0) + row.stuck
        return {name: self._count(count, cap) for name, count in counted.items()}

    def oldest(self, context: StoreContext) -> dict[str, datetime]:
        found: dict[str, datetime] = {}
        for row in self._records("snapshot_oldest", names=json.dumps(context.queues), most=MOST_LEVELS):
            if row.due_at is not None:
                found[row.name] = min(row.due_at, found.get(row.name, row.due_at))
        return found

    def tally(self, minutes: int) -> TallyRates:
        since = to_us(self.now - timedelta(minutes=minutes))
        return rates_of(list(self._records("snapshot_tally", since=since)), self.now, minutes)

    def _total(self) -> Measured[int]:
        (counted,) = self._run("snapshot_total", most=COUNT_CAP + 1).fetchone()
        return Measured(
            min(counted, COUNT_CAP), Exactness.EXACT if counted <= COUNT_CAP else Exactness.CAPPED, self.now
        )

    def _count(self, found: int, cap: int) -> Measured[int]:
        if found > cap:
            raise TooMuch
        return Measured(found, as_of=self.now)

    def _run(self, block: str, **values: object) -> sqlite3.Cursor:
        current_interruption().check()
        return self.connection.execute(load_blocks("sqlite")[block], values)

    def _records(self, block: str, **values: object) -> Iterator[SimpleNamespace]:
        """Yield a block's rows by the names of their columns, as values of ours."""
        cursor = self._run(block, **values)
        names = [column[0] for column in cursor.description]
        for row in cursor:
            yield SimpleNamespace(**{name: _read(name, value) for name, value in zip(names, row, strict=True)})


def _read(name: str, value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    if name == "id" and isinstance(value, bytes):
        return id_text(value)
    read = _READ_AS.get(name)
    return value if read is None or value is None else read(value)


def _cursor_of(row: SimpleNamespace) -> str:
    return write_cursor(Place(NEWEST.name, 0, (row.id,)))
