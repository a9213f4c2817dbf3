"""Takes a snapshot: one read-only transaction, begun again behind a part that failed so that the others still come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from queuetui.backends.native.sql.around import Surroundings
from queuetui.backends.native.sql.conditions import state_is
from queuetui.backends.native.sql.counts import Counter
from queuetui.backends.native.sql.developing import Taken, develop
from queuetui.backends.native.sql.job_reading import read_job, shorten
from queuetui.backends.native.sql.layout import RARE_STATES, Lane, Segment
from queuetui.backends.native.sql.mysql_counts import MysqlCounter
from queuetui.backends.native.sql.orders import DONE
from queuetui.backends.native.sql.pages import read_page
from queuetui.backends.native.sql.ranges import Range, ordering
from queuetui.backends.native.sql.readings import open_reading
from queuetui.backends.native.sql.rows import select_jobs
from queuetui.backends.native.sql.surroundings import look_around
from queuetui.backends.native.sql.tables import job_done
from queuetui.backends.native.sql.tally_reading import read_figures
from queuetui.backends.native.sql.totals import sum_counts, total_of
from queuetui.backends.native.sql.walks import Reading
from queuetui.backends.native.worker_names import name_workers
from queuetui.model.errors import Conflict, Denied, NotFound, QueueTuiError, Unreachable
from queuetui.model.measured import Measured
from queuetui.model.snapshot import Part, Snapshot, Watch
from queuetui.model.state import State

if TYPE_CHECKING:
    from queuetui.backends.native.sql.database import Database
    from queuetui.model.job import Job

_ALONE = (Unreachable, Denied, Conflict, NotFound)
Read = Callable[[Connection, Surroundings], Any]


@dataclass(slots=True)
class Picture:
    """What has been read so far, by name."""

    database: Database
    watch: Watch
    found: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def reads(self) -> dict[str, Read]:
        """Return what to read, the cheapest and most wanted first."""
        parts, watch = self.watch.parts, self.watch
        figured = not parts.isdisjoint({Part.COUNTS, Part.QUEUES, Part.TALLY})
        counted = not parts.isdisjoint({Part.COUNTS, Part.QUEUES})
        wanted: list[tuple[str, bool, Read]] = [
            ("page", watch.page is not None, self._page),
            ("failures", Part.FAILURES in parts, self._failures),
            (
                "counts",
                counted,
                lambda connection, around: self._counter(connection, around).count_queues(around.queues),
            ),
            ("totals", Part.COUNTS in parts, self._totals),
            ("stuck", counted, self._stuck),
            (
                "oldest",
                Part.QUEUES in parts,
                lambda link, around: self._counter(link, around).find_oldest(around.queues),
            ),
            ("tally", figured, lambda link, around: read_figures(link, around.now, watch.tally_minutes)),
        ]
        return {name: read for name, is_wanted, read in wanted if is_wanted}

    def _counter(self, connection: Connection, around: Surroundings) -> Counter:
        kind = MysqlCounter if connection.dialect.name == "mysql" else Counter
        return kind(connection, around.now, self.watch.exact)

    def _reading(self, connection: Connection, around: Surroundings) -> Reading:
        options = self.database.options
        return Reading(connection, self.database.name, options.summaries, around.judging(self.watch.limits))

    def _page(self, connection: Connection, around: Surroundings) -> Any:  # noqa: ANN401 - as every read
        assert self.watch.page is not None  # noqa: S101 - asked only when there is one
        request = replace(self.watch.page, query=name_workers(self.watch.page.query, around.workers))
        return read_page(self._reading(connection, around), around.queues, request)

    def _failures(self, connection: Connection, _: Surroundings) -> tuple[Job, ...]:
        is_failed = state_is(job_done.c.state, *RARE_STATES), state_is(job_done.c.state, State.FAILED)
        failed = Segment(DONE, (Lane(job_done, is_failed, "queuetui_job_done_recent"),))
        newest = Range(failed, None, self.watch.failures).rows(connection.dialect.name)
        found = connection.execute(select_jobs(newest).order_by(*ordering(DONE, newest.c))).all()
        summaries = self.database.options.summaries
        return tuple(shorten(read_job(row, self.database.name, summaries)) for row in found)

    def _totals(self, connection: Connection, around: Surroundings) -> tuple[dict[State, Measured[int]], Measured[int]]:
        counts = sum_counts(connection, self.found["counts"].values(), around.now, is_cut=around.is_cut)
        return counts, total_of(connection, counts, around.now)

    def _stuck(self, connection: Connection, around: Surroundings) -> dict[str, Measured[int]]:
        return self._counter(connection, around).count_stuck(around.judging(self.watch.limits), around.queues)


def take_picture(database: Database, watch: Watch) -> Snapshot:
    """Return a snapshot. A part that the store refuses or is too slow for is named in `problems`."""
    picture = Picture(database, watch)
    left = picture.reads()
    around: Surroundings | None = None
    while around is None or left:
        reading = ""
        try:
            with open_reading(database, "reading the queue") as (connection, now):
                around = around or look_around(connection, now)
                for reading in tuple(left):
                    picture.found[reading] = left[reading](connection, around)
                    del left[reading]
        except _ALONE as error:
            if not reading:
                raise
            _give_up(picture, left, reading, error)
    return develop(Taken(database.name, watch, picture.found, picture.problems), around)


def _give_up(picture: Picture, left: dict[str, Read], name: str, error: QueueTuiError) -> None:
    del left[name]
    picture.problems[name] = str(error)
    if name == "counts" and "totals" in left:
        # The sums are made from what could not be counted.
        del left["totals"]
