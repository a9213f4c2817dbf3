"""Reads a console's first snapshot by blocks through the driver, as SQLAlchemy is slow to import."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from queuetui.backends.base import COUNT_CAP
from queuetui.backends.native.odd_values import read_json
from queuetui.backends.native.own_orders import own_order
from queuetui.backends.native.sql.look.context import (
    MOST_BUSY,
    MOST_QUEUES,
    MOST_WORKERS,
    Paused,
    StoreContext,
    resting_among,
    to_worker,
)
from queuetui.backends.native.sql.look.job_rows import HEAD_BYTES, read_job
from queuetui.backends.native.sql.look.minute_shelf import MinuteShelf
from queuetui.backends.native.sql.look.orders import NEWEST
from queuetui.backends.native.sql.look.snapshot_parts import SnapshotParts, make_snapshot
from queuetui.backends.native.sql.look.sums import COUNTED, MOST_LEVELS, UNCOUNTED, Counts, add_up, cap_for
from queuetui.backends.native.sql.look.tally_rates import TallyRates, rates_of
from queuetui.backends.native.sql.state_codes import read_code
from queuetui.backends.reading.cursors import Place, write_cursor
from queuetui.model.clock import moment_before
from queuetui.model.interruption import current_interruption
from queuetui.model.job import shorten
from queuetui.model.measured import Exactness, Measured
from queuetui.model.page import Page, PageRequest
from queuetui.model.rates import moving_since
from queuetui.model.snapshot import Part, Snapshot, Watch

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.native.sql.mysql.session import PackedSession
    from queuetui.backends.native.sql.session import Session

_MOMENTS = frozenset(
    {"due_at", "created_at", "updated_at", "cancel_requested_at", "claimed_at", "started_at", "done_at", "lease_until"}
    | {"beat_at", "paused_at", "minute"}
)
QUEUES_A_STATEMENT = 50
# Lower than the negative of any priority.
LOWEST_MIRROR = -(2**63)
_LISTS = frozenset({"tags", "needs", "queues", "types"})


class TooMuch(Exception):
    """There are more jobs than blocks count: the regular inspector reads and estimates them."""


def is_plain(watch: Watch) -> bool:
    """Tell whether blocks can take the snapshot: no filter, sort or later page, no queue with limits."""
    page = watch.page
    is_first = page is None or not (page.query.terms or page.query.sort or page.cursor or page.backward)
    limits = watch.limits
    named = (
        limits.per_queue_s,
        limits.per_type_s,
        limits.learned_s,
        limits.overdue_per_queue_s,
        limits.overdue_per_type_s,
    )
    is_simple = not watch.exact and not any(named)
    return is_first and is_simple and Part.FAILURES not in watch.parts


def take_plain_snapshot(
    session: Session, name: str, options: BackendOptions, watch: Watch, shelf: MinuteShelf
) -> Snapshot:
    """Take a snapshot that `is_plain` within one transaction; raises TooMuch."""
    clock = session.row("snapshot_clock")
    assert clock is not None  # noqa: S101 - a clock always answers
    kind = _MysqlReading if session.dialect == "mysql" else _PlainReading
    read = kind(session, name, options, options.now or session.moment_out(clock[0]))
    context = read.look_around()
    parts = watch.parts
    found: dict[str, Any] = {}
    if watch.page is not None:
        found["page"] = read.page(watch.page)
    if not parts.isdisjoint({Part.COUNTS, Part.QUEUES}):
        found["counts"] = read.counts(context, watch)
        found["stuck"] = read.stuck(context, watch)
    if Part.COUNTS in parts:
        sums = {state: add_up([own[state] for own in found["counts"].values()], read.now) for state in COUNTED}
        found["totals"] = sums, add_up(list(sums.values()), read.now)
    if Part.QUEUES in parts:
        found["oldest"] = read.oldest(context)
    if not parts.isdisjoint({Part.COUNTS, Part.QUEUES, Part.TALLY}):
        found["tally"] = read.tally(context, watch.tally_minutes, shelf)
    return make_snapshot(SnapshotParts(name, watch, found), context)


@dataclass(frozen=True)
class _PlainReading:
    """The reads of one transaction, judged at one time."""

    session: Session
    name: str
    options: BackendOptions
    now: datetime

    def look_around(self) -> StoreContext:
        switches = list(self._records("snapshot_switches", most=MOST_QUEUES))
        paused = {row.name: Paused(row.paused_at, row.paused_by) for row in switches if row.paused_at is not None}
        names = {row.name for row in switches} | self.find_queues()
        if len(names) >= MOST_QUEUES:
            raise TooMuch
        busy = {
            row.id: (row.busy, int(row.orphaned))
            for row in self._records("snapshot_busy", at=self.session.moment_in(self.now), most=MOST_BUSY)
        }
        since = self.session.moment_in(moving_since(self.now))
        moving = [row.name for row in self._records("snapshot_moving", since=since, most=MOST_BUSY)]
        workers = sorted(self._records("snapshot_workers", most=MOST_WORKERS), key=lambda row: (row.started_at, row.id))
        return StoreContext(
            self.now,
            tuple(sorted(names)),
            paused,
            tuple(to_worker(row, *busy.get(row.id, (0, 0))) for row in workers),
            frozenset(row.name for row in switches if not row.events),
            resting_among(names, moving, ((row.name, row.rules) for row in switches)),
        )

    def find_queues(self) -> set[str]:
        """Return the names of the queues that have jobs."""
        return {row.name for row in self._records("snapshot_queues", most=MOST_QUEUES)}

    def levels(self, names: tuple[str, ...]) -> Iterator[SimpleNamespace]:
        """Yield the due times of the first jobs of queues, by priority in use, then of put-off jobs."""
        yield from self._by_queue("snapshot_oldest", names, at=self.session.moment_in(self.now), most=MOST_LEVELS)

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

    def counts(self, context: StoreContext, watch: Watch) -> dict[str, Counts]:
        cap = cap_for(len(context.queues), watch.limits.alarms)
        rows = self._by_queue("snapshot_counts", context.queues, most=cap + 1)
        found = {row.name: {state: self._count(getattr(row, state.value), cap) for state in COUNTED} for row in rows}
        return {name: found.get(name, UNCOUNTED) for name in context.queues}

    def stuck(self, context: StoreContext, watch: Watch) -> dict[str, Measured[int]]:
        criteria = context.criteria(watch.limits)
        late = self._before(watch.limits.stuck_after_s)
        counted = dict.fromkeys(context.queues, 0)
        cap = cap_for(len(context.queues), watch.limits.alarms)
        for row in self._records(
            "snapshot_stuck_runs", at=self.session.moment_in(self.now), late=late, most=COUNT_CAP + 1
        ):
            counted[row.name] = counted.get(row.name, 0) + row.stuck
        if sum(counted.values()) > COUNT_CAP:
            raise TooMuch
        waits = ((criteria.unconsumed, late), (criteria.idle, self._before(watch.limits.overdue_after_s)))
        for names, before in waits:
            for row in self._by_queue("snapshot_stuck_waits", names, late=before, most=cap + 1) if names else ():
                counted[row.name] = counted.get(row.name, 0) + row.stuck
        return {name: self._count(count, cap) for name, count in counted.items()}

    def oldest(self, context: StoreContext) -> dict[str, datetime]:
        found: dict[str, datetime] = {}
        for row in self.levels(context.queues):
            if row.due_at is not None:
                found[row.name] = min(row.due_at, found.get(row.name, row.due_at))
        return found

    def tally(self, context: StoreContext, minutes: int, shelf: MinuteShelf) -> TallyRates:
        def read(after: datetime) -> Iterator[SimpleNamespace]:
            return self._records("snapshot_tally", since=self.session.moment_in(after))

        return rates_of(shelf.read(self.now, minutes, read), self.now, minutes, context.queues)

    def _before(self, span_s: float) -> object:
        return self.session.moment_in(moment_before(self.now, span_s))

    def _total(self) -> Measured[int]:
        (row,) = self._records("snapshot_total", most=COUNT_CAP + 1)
        exactness = Exactness.EXACT if row.jobs <= COUNT_CAP else Exactness.CAPPED
        return Measured(min(row.jobs, COUNT_CAP), exactness, self.now)

    def _count(self, found: int, cap: int) -> Measured[int]:
        if found > cap:
            raise TooMuch
        return Measured(found, as_of=self.now)

    def _by_queue(self, block: str, names: tuple[str, ...], **values: object) -> Iterator[SimpleNamespace]:
        return self._records(block, names=json.dumps(names), **values)

    def _records(self, block: str, **values: object) -> Iterator[SimpleNamespace]:
        """Yield a block's rows by the names of their columns, as values of our own types."""
        current_interruption().check()
        session = self.session
        return self._named(session.execute(session.blocks[block], session.bound(values)))

    def _named(self, cursor: Any) -> Iterator[SimpleNamespace]:  # noqa: ANN401 - each driver has its own
        names = [column[0] for column in cursor.description]
        for row in cursor:
            yield SimpleNamespace(**{name: self._read(name, value) for name, value in zip(names, row, strict=True)})

    def _read(self, name: str, value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
        session, found = self.session, value
        if value is None:
            found = None
        elif name in _MOMENTS:
            found = session.moment_out(value)
        elif name in _LISTS:
            found = read_json(value)
        elif name == "state":
            found = read_code(value)
        elif name == "id" and not isinstance(value, str):
            # The id of a job is no text, unlike that of a worker.
            found = session.id_out(value)
        return found


class _MysqlReading(_PlainReading):
    """Reads MySQL and MariaDB, whose indexes serve only a queue that the statement names.

    Skipping through an index, and limiting a part of a count, work for one queue at a time there.
    """

    session: PackedSession

    def find_queues(self) -> set[str]:
        """Skip from one queue to the next."""
        found: set[str] = set()
        for block in ("snapshot_next_live", "snapshot_next_done"):
            name: str | None = ""
            while name is not None and len(found) < MOST_QUEUES:
                name = next((row.name for row in self._records(block, after=name)), None)
                found |= set() if name is None else {name}
        return found

    def levels(self, names: tuple[str, ...]) -> Iterator[SimpleNamespace]:
        """Skip from one priority in use to the next."""
        above: dict[str, int] = dict.fromkeys(names, LOWEST_MIRROR)
        at = self.session.moment_in(self.now)
        for _ in range(MOST_LEVELS):
            asked = [{"name": name, "above": level, "at": at} for name, level in above.items()]
            rows = list(self._united("snapshot_oldest", asked))
            yield from rows
            above = {row.name: -row.priority for row in rows if row.priority is not None}
            if not above:
                return
        raise TooMuch

    def _by_queue(self, block: str, names: tuple[str, ...], **values: object) -> Iterator[SimpleNamespace]:
        return self._united(block, [{"name": name, **values} for name in names])

    def _united(self, block: str, many: list[dict[str, object]]) -> Iterator[SimpleNamespace]:
        for start in range(0, len(many), QUEUES_A_STATEMENT):
            current_interruption().check()
            yield from self._named(self.session.unite(block, many[start : start + QUEUES_A_STATEMENT]))


def _cursor_of(row: SimpleNamespace) -> str:
    return write_cursor(Place(NEWEST.name, 0, (row.id,)))
