"""`queuetui jobs`: list jobs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

import rich_click as click

from queuetui.cli.options import FilterCommand, connection_options, format_options, read_filter, whole_option
from queuetui.cli.output import Format, say, show_rows
from queuetui.cli.systems import System, opened_systems
from queuetui.cli.tables import JOB_COLUMNS, JOB_TABLE, job_row
from queuetui.model.document import document
from queuetui.model.job import Job
from queuetui.model.verdict import Verdict
from queuetui.monitor.side_by_side import merge_jobs

DEFAULT_LIMIT = 50


@click.command(cls=FilterCommand)
@click.argument("words", nargs=-1, metavar="[FILTER]")
@click.option("--sort", metavar="FIELD", help="Sort by a field; -FIELD turns the order.")
@click.option(
    "--limit", "-n", type=click.IntRange(1), default=DEFAULT_LIMIT, show_default=True, help="At most so many."
)
@whole_option
@format_options
@connection_options
def command(words: tuple[str, ...], sort: str | None, limit: int, whole: bool, form: str, **connection: Any) -> None:
    """List jobs that match FILTER, newest first.

    FILTER: state:failed queue:mail,high type:Send* age>1h attempts>=3 payload.user.id:42 error~"timed out" is:stuck -queue:slow word
    """
    query = read_filter(words, sort)
    with opened_systems(**connection) as systems:
        found = 0

        def rows() -> Iterator[dict[str, Any]]:
            nonlocal found

            def begin(one: System) -> Iterator[tuple[Job, Verdict]]:
                # The first job is read at once: a filter that cannot be answered here is then left to the others.
                jobs = one.feed.search(query, limit, systems.tell_of(one), whole=whole)
                return chain(list(islice(jobs, 1)), jobs)

            merged = merge_jobs([jobs for _, jobs in systems.answers_of(begin)], query)
            for found, (job, verdict) in enumerate(islice(merged, limit), start=1):  # noqa: B007 - told below
                shown = document(job, verdict).to_dict()
                yield job_row(shown) if form == Format.TABLE else shown

            # What bounds the answer of a queue is told at its end.
            if next(merged, None) is not None:
                say(f"{limit} jobs are shown and more match")

        show_rows(rows(), JOB_COLUMNS, Format(form), systems.table(JOB_TABLE))
        if not found and form == Format.TABLE:
            say("no job matches" if words else "there are no jobs")
