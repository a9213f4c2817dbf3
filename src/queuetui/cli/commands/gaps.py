"""`queuetui gaps`: the gaps in the event log as a whole."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import rich_click as click

from queuetui.cli.commands.events import log_of
from queuetui.cli.options import Since, connection_options, format_options, since, some
from queuetui.cli.output import Format, say, show_rows
from queuetui.cli.systems import opened_systems
from queuetui.model.counted import counted

COLUMNS = ("job", "queue", "gap", "event", "at", "worker", "summary", "next")
_TABLE = ("job", "queue", "gap", "at", "summary")


@click.command()
@click.option(
    "--since",
    "back",
    type=since,
    metavar="DUR|TIME",
    default="1d",
    show_default=True,
    help="By events not older than this.",
)
@click.option("--limit", "-n", type=some, default=100, show_default=True, help="At most so many gaps.")
@format_options
@connection_options
def command(back: Since, limit: int, form: str, **connection: Any) -> None:
    """Judge the events of all jobs as a whole.

    Created and never assigned, assigned and never started, started and never ended, a step that is missing between two others, and
    an order that cannot be. A job that waits in a paused queue, or is not due, has no gap, nor has one whose events were off for a
    time.
    """
    from queuetui.monitor.gaps import describe_job_gap

    with opened_systems(**connection) as systems:
        log = log_of(systems)
        found = log.gaps(timedelta(seconds=back.seconds(log.now())), limit)
    rows = [describe_job_gap(one) for one in found.gaps]
    if form == Format.TABLE:
        rows = [{**row, "at": row["at"][:19].replace("T", " ")} for row in rows]
    if rows or form != Format.TABLE:
        show_rows(rows, COLUMNS, Format(form), _TABLE)
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in found.counts.items())
    say(
        f"{counted(len(rows), 'gap')} in {counted(found.events, 'event')} of {counted(found.jobs, 'job')}{kinds and f': {kinds}'}"
    )
    for note in found.notes:
        say(note)
