"""Takes a snapshot in one read-only transaction, which begins again after a part that failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from queuetui.backends.native.sql.look.conditions import state_is
from queuetui.backends.native.sql.look.console_read import open_reading
from queuetui.backends.native.sql.look.context import StoreContext
from queuetui.backends.native.sql.look.context_reads import read_context
from queuetui.backends.native.sql.look.counts import Counter
from queuetui.backends.native.sql.look.job_columns import select_jobs
from queuetui.backends.native.sql.look.job_rows import read_job
from queuetui.backends.native.sql.look.kept_counts import KeptCounts
from queuetui.backends.native.sql.look.layout import RARE_STATES, Lane, PageSegment
from queuetui.backends.native.sql.look.minute_shelf import MinuteShelf
from queuetui.backends.native.sql.look.mysql_counts import MysqlCounter
from queuetui.backends.native.sql.look.oldest_shelf import OldestShelf
from queuetui.backends.native.sql.look.orders import DONE
from queuetui.backends.native.sql.look.pages import read_page
from queuetui.backends.native.sql.look.ranges import Range, ordering
from queuetui.backends.native.sql.look.snapshot_parts import SnapshotParts, make_snapshot
from queuetui.backends.native.sql.look.tables import job_done
from queuetui.backends.native.sql.look.tally_reads import read_rates
from queuetui.backends.native.sql.look.totals import sum_counts, total_of
from queuetui.backends.native.sql.look.walks import WalkSource
from queuetui.backends.reading.worker_names import name_workers
from queuetui.model.errors import Conflict, ConnectionLost, Denied, NotFound, QueueTuiError, Unreachable
from queuetui.model.job import shorten
from queuetui.model.measured import Measured
from queuetui.model.snapshot import Part, Snapshot, Watch
from queuetui.model.state import WAITING, State

if TYPE_CHECKING:
    from datetime import datetime

    from queuetui.backends.native.sql.database import Database
    from queuetui.model.job import Job

_ALONE = (Unreachable, Denied, Conflict, NotFound)
Read = Callable[[Connection, StoreContext], Any]


@dataclass(frozen=True, slots=True)
class SnapshotPast:
    """The values of earlier snapshots of the same store that are still valid."""

    tally: MinuteShelf = field(default_factory=MinuteShelf)
    counts: KeptCounts = field(default_factory=KeptCounts)
    oldest: OldestShelf = field(default_factory=OldestShelf)


@dataclass(slots=True)
class SnapshotReads:
    """The parts that have been read so far, by name."""

    database: Database
    watch: Watch
    past: SnapshotPast = field(default_factory=SnapshotPast)
    found: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def reads(self) -> dict[str, Read]:
        """Return the parts to read, the cheapest and most important first."""
        parts, watch = self.watch.parts, self.watch
        figured = not parts.isdisjoint({Part.COUNTS, Part.QUEUES, Part.TALLY})
        counted = not parts.isdisjoint({Part.COUNTS, Part.QUEUES})
        wanted: list[tuple[str, bool, Read]] = [
            ("page", watch.page is not None, self._page),
            ("failures", Part.FAILURES in parts, self._failures),
            (
                "counts",
                counted,
                lambda connection, context: self._counter(connection, context).count_queues(context.queues),
            ),
            ("totals", Part.COUNTS in parts, self._totals),
            ("stuck", counted, self._stuck),
            ("oldest", Part.QUEUES in parts, self._oldest),
            (
                "tally",
                figured,
                lambda link, context: read_rates(link, context, watch.tally_minutes, self.past.tally),
            ),
        ]
        return {name: read for name, is_wanted, read in wanted if is_wanted}

    def _counter(self, connection: Connection, context: StoreContext) -> Counter:
        kind = MysqlCounter if connection.dialect.name == "mysql" else Counter
        return kind(
            connection,
            context.now,
            self.watch.exact,
            self.past.counts,
            context.held,
            context.running,
            self.watch.limits.alarms,
        )

    def _reading(self, connection: Connection, context: StoreContext) -> WalkSource:
        options = self.database.options
        criteria = context.criteria(self.watch.limits)
        kept = KeptCounts() if self.watch.exact else self.past.counts
        return WalkSource(connection, self.database.name, options.summaries, criteria, kept)

    def _page(self, connection: Connection, context: StoreContext) -> Any:  # noqa: ANN401 - as every read
        assert self.watch.page is not None  # noqa: S101 - asked only when there is one
        request = replace(self.watch.page, query=name_workers(self.watch.page.query, context.workers))
        return read_page(self._reading(connection, context), context.queues, request)

    def _failures(self, connection: Connection, _: StoreContext) -> tuple[Job, ...]:
        is_failed = state_is(job_done.c.state, *RARE_STATES), state_is(job_done.c.state, State.FAILED)
        failed = PageSegment(DONE, (Lane(job_done, is_failed, "queuetui_job_done_recent"),))
        newest = Range(failed, None, self.watch.failures).rows(connection.dialect.name)
        found = connection.execute(select_jobs(newest).order_by(*ordering(DONE, newest.c))).all()
        summaries = self.database.options.summaries
        return tuple(shorten(read_job(row, self.database.name, summaries)) for row in found)

    def _totals(
        self, connection: Connection, context: StoreContext
    ) -> tuple[dict[State, Measured[int]], Measured[int]]:
        counts = sum_counts(connection, self.found["counts"].values(), context.now, is_cut=context.is_cut)
        return counts, total_of(connection, counts, context.now)

    def _oldest(self, connection: Connection, context: StoreContext) -> dict[str, datetime]:
        counts = self.found.get("counts", {})
        names = [
            name
            for name in context.queues
            if name not in counts or any(counts[name][state].value != 0 for state in WAITING)
        ]
        counter = self._counter(connection, context)
        found, self.found["oldest_ages"] = self.past.oldest.read(names, counter.find_oldest, anew=self.watch.exact)
        return found

    def _stuck(self, connection: Connection, context: StoreContext) -> dict[str, Measured[int]]:
        return self._counter(connection, context).count_stuck(context.criteria(self.watch.limits), context.queues)


def take_snapshot(database: Database, watch: Watch, past: SnapshotPast) -> Snapshot:
    """Return a snapshot, with the parts that are refused or too slow to read named in `problems`."""
    snapshot = SnapshotReads(database, watch, past)
    left = snapshot.reads()
    context: StoreContext | None = None
    while context is None or left:
        reading = ""
        try:
            with open_reading(database, "reading the queue") as (connection, now):
                context = context or read_context(connection, now)
                for reading in tuple(left):
                    snapshot.found[reading] = left[reading](connection, context)
                    del left[reading]
        except _ALONE as error:
            if not reading or isinstance(error, ConnectionLost):
                raise
            _give_up(snapshot, left, reading, error)
    return make_snapshot(SnapshotParts(database.name, watch, snapshot.found, snapshot.problems), context)


def _give_up(snapshot: SnapshotReads, left: dict[str, Read], name: str, error: QueueTuiError) -> None:
    del left[name]
    snapshot.problems[name] = str(error)
    if name == "counts" and "totals" in left:
        # The sums need the counts, which could not be read.
        del left["totals"]
