"""`queuetui logs`: the log lines of handlers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import rich_click as click

from queuetui.cli.options import Since, connection_options, format_options, since, whole_option
from queuetui.cli.output import Format, finish, say, show_rows, write
from queuetui.cli.store_places import System
from queuetui.cli.systems import opened_systems
from queuetui.model.clock import EPOCH
from queuetui.model.filter_text import quote_value
from queuetui.model.log_lines import LogLine, describe_line, lines_of
from queuetui.model.query_parser import parse_query
from queuetui.model.run_notes import LOG_CAP_CHARS
from queuetui.model.short_id import end_of_id
from queuetui.model.text import sanitize

COLUMNS = ("at", "level", "job_id", "fence", "message")
MOST_JOBS = 200
FOLLOW_EVERY_S = 1.0
NARROWED = "no line of these is kept; without --errors and --since there may be others"
_ID_CHARS = 8


@dataclass(frozen=True, slots=True)
class AskedLines:
    """The lines to print: those of one job, or of all jobs that a filter finds."""

    job_id: str | None
    filter: str
    errors: bool
    since: datetime | None

    def takes(self, line: LogLine) -> bool:
        """Tell whether a line is to be printed; a line without a time is in no span."""
        return (not self.errors or line.is_error) and (
            self.since is None or (line.at is not None and line.at >= self.since)
        )


@click.command()
@click.argument("job_id", metavar="[ID]", required=False)
@click.option("--correlation-id", metavar="ID", help="Of all jobs of one correlation id.")
@click.option("--worker", metavar="NAME", help="Of the jobs that a worker ran last: its host, host/pid or id.")
@click.option("--errors", is_flag=True, help="Errors alone.")
@click.option("--since", "back", type=since, metavar="DURATION|TIME", help="Not older than this.")
@click.option("--follow", "-f", is_flag=True, help="Go on with what is logged, until Ctrl+C.")
@whole_option
@format_options
@connection_options
def command(
    job_id: str | None,
    correlation_id: str | None,
    worker: str | None,
    back: Since | None,
    form: str,
    *,
    errors: bool,
    follow: bool,
    whole: bool,
    **connection: Any,
) -> None:
    """Print what handlers logged: of one job, of a correlation id, or of a worker.

    The last lines are kept of runs that failed or took longer than a second, for the last runs of a job.
    """
    named = [one for one in (job_id, correlation_id, worker) if one is not None]
    if len(named) != 1:
        raise click.UsageError("name one of a job's ID, --correlation-id and --worker")
    with opened_systems(**connection) as systems:
        if job_id is not None:
            system, found = systems.find_job(job_id, whole=whole)
        else:
            system, found = systems.only_one("reading logs of several jobs"), None
        terms = (
            f"correlation_id:{quote_value(correlation_id or '')}" if worker is None else f"worker:{quote_value(worker)}"
        )
        begin = None if back is None else back.moment(system.feed.now())
        wanted = AskedLines(found, "" if found else terms, errors, begin)
        lines = _read(system, wanted)
        # With --follow a JSON list would never end, so each line is a document.
        lasting = Format.NDJSON if follow and form == Format.JSON else form
        _show(lines, lasting, named=found is None)
        if not lines and not follow:
            say(
                NARROWED
                if errors or begin is not None
                else "nothing is kept: logs are of runs that failed or were longer than a second"
            )
        if follow:
            # Without this a pipe gets nothing until a block is full.
            finish()
            for more in _follow(system, wanted, lines):
                _show(more, lasting, named=found is None, headed=False)
                finish()


def _read(system: System, wanted: AskedLines) -> list[LogLine]:
    """Return the lines of all jobs in the order in which they were logged."""
    feed = system.feed
    if wanted.job_id is not None:
        ids = [wanted.job_id]
    else:
        jobs = [job for job, _ in islice(feed.search(parse_query(wanted.filter), MOST_JOBS + 1), MOST_JOBS + 1)]
        if len(jobs) > MOST_JOBS:
            say(f"of the {MOST_JOBS} newest jobs; there are more")
        ids = [job.ref.id for job in jobs[:MOST_JOBS]]
    lines = [line for one in ids for line in lines_of(one, feed.open(one).runs) if wanted.takes(line)]
    return sorted(lines, key=lambda line: line.at or EPOCH) if len(ids) > 1 else lines


def _follow(system: System, wanted: AskedLines, told: list[LogLine]) -> Iterator[list[LogLine]]:
    """Yield new lines about once a second, until the program is stopped."""
    known, pause = set(told), threading.Event()
    while not pause.wait(FOLLOW_EVERY_S):
        lines = _read(system, wanted)
        news = [line for line in lines if line not in known]
        # Lines that are gone from the store are dropped here too.
        known = set(lines)
        if news:
            yield news


def _show(lines: list[LogLine], form: str, *, named: bool, headed: bool = True) -> None:
    if form != Format.TABLE:
        show_rows(map(describe_line, lines), COLUMNS, Format(form), headed=headed)
        return
    for line in lines:
        shown = describe_line(line)
        words = [
            shown["at"],
            shown["level"],
            end_of_id(shown["job_id"], _ID_CHARS) if named else None,
            shown["message"],
        ]
        write(sanitize(" ".join(word for word in words if word), LOG_CAP_CHARS, keep_newlines=True))
