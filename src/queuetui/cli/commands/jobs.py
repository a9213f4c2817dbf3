"""`queuetui jobs`: list jobs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import rich_click as click

from queuetui.cli.options import (
    FilterCommand,
    connection_options,
    format_options,
    read_filter,
    some,
    take_connection,
    whole_option,
)
from queuetui.cli.output import Format, say, show_rows
from queuetui.cli.store_places import System
from queuetui.cli.systems import Systems, opened_systems
from queuetui.cli.tables import JOB_COLUMNS, JOB_TABLE, job_row
from queuetui.model.document import document
from queuetui.model.job import Job
from queuetui.model.query import Query
from queuetui.model.verdict import Verdict
from queuetui.monitor.no_such_jobs import why_none
from queuetui.monitor.side_by_side import merge_jobs

DEFAULT_LIMIT = 50


@click.command(cls=FilterCommand)
@click.argument("words", nargs=-1, metavar="[FILTER]")
@click.option("--sort", metavar="FIELD", help="Sort by a field; -FIELD turns the order.")
@click.option("--limit", "-n", type=some, default=DEFAULT_LIMIT, show_default=True, help="At most so many.")
@click.option(
    "--after", metavar="CURSOR", help="Go on behind an answer that was cut at --limit, by the cursor that it told."
)
@whole_option
@format_options
@connection_options
def command(words: tuple[str, ...], sort: str | None, form: str, **given: Any) -> None:
    """List jobs that match FILTER, newest first.

    FILTER: state:failed queue:mail,high type:Send* age>1h attempts>=3 payload.user.id:42 error~"timed out" is:stuck -queue:slow word
    """
    with opened_systems(**take_connection(given)) as systems:
        query = read_filter(words, sort)
        if given["after"] is not None:
            systems.only_one("going on behind a cursor")
        listing = _Listing(systems, query, given["limit"], given["whole"], given["after"])
        rows = (job_row(one) if form == Format.TABLE else one for one in listing.documents())
        show_rows(rows, JOB_COLUMNS, Format(form), systems.table(JOB_TABLE))
        if listing.cursor is not None and form != Format.JSON:
            say(f"the next ones: --after {listing.cursor}")
        if not listing.found and form == Format.TABLE:
            impossible = {why_none(query, system.feed.capabilities) for system in systems}
            if "" in impossible or given["after"]:
                say("no job matches" if words or given["after"] else "there are no jobs")
            else:
                say(f"no job matches: {'; '.join(sorted(impossible))}")


@dataclass(slots=True)
class _Listing:
    """The listed jobs.

    `cursor`, once all were read, is where another answer goes on: None at the end, and of several queues, whose pages do not join.
    """

    systems: Systems
    query: Query
    limit: int
    whole: bool
    after: str | None
    found: int = 0
    cursor: str | None = None

    def documents(self) -> Iterator[dict[str, Any]]:
        """Yield the jobs as programs read them; the last one holds the cursor, where there is a next page."""
        last: dict[str, Any] | None = None
        for job, verdict in self.jobs():
            if last is not None:
                yield last
            last = document(job, verdict).to_dict()
        if last is not None:
            yield last if self.cursor is None else {**last, "cursor": self.cursor}

    def jobs(self) -> Iterator[tuple[Job, Verdict]]:
        """Yield at most `limit` jobs in the order of the filter."""
        merged = merge_jobs([jobs for _, jobs in self.systems.answers_of(self._begin)], self.query)
        for one in islice(merged, self.limit):
            self.found += 1
            yield one
        # The notes on a queue's bounds are printed at the end of its answer.
        if next(merged, None) is not None:
            say(f"more jobs match than the {self.limit:,} shown")

    def _begin(self, one: System) -> Iterator[tuple[Job, Verdict]]:
        jobs = one.feed.search(
            self.query,
            # With several systems the note that more jobs match is printed once, below: no system is read to its end.
            self.limit + 1 if self.systems.are_many else self.limit,
            self.systems.tell_of(one),
            whole=self.whole,
            after=self.after,
            reach=None if self.systems.are_many else self._reach,
        )
        # The first job is read at once, so that a system that cannot answer the filter is left out.
        return chain(list(islice(jobs, 1)), jobs)

    def _reach(self, cursor: str) -> None:
        self.cursor = cursor
