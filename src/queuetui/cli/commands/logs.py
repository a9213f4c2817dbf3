"""`queuetui logs`: what a job's handler logged."""

from __future__ import annotations

from typing import Any

import rich_click as click

from queuetui.cli.options import connection_options, format_options, whole_option
from queuetui.cli.output import Format, say, show_rows, write
from queuetui.cli.systems import opened_systems
from queuetui.model.clock import to_text
from queuetui.model.run_notes import LOG_CAP_CHARS, NotedRun, describe_log
from queuetui.model.text import sanitize

COLUMNS = ("fence", "noted_at", "cut_lines", "log")


@click.command()
@click.argument("job_id", metavar="ID")
@whole_option
@format_options
@connection_options
def command(job_id: str, whole: bool, form: str, **connection: Any) -> None:
    """Print what the handler of a job logged.

    The last lines are kept of runs that failed or took longer than a second, for the last runs of a job.
    """
    with opened_systems(**connection) as systems:
        system, found = systems.find_job(job_id, whole=whole)
        runs = [run for run in system.feed.open(found).runs if run.log is not None]
        _show(runs, form)


def _show(runs: list[NotedRun], form: str) -> None:
    if not runs:
        say("nothing is kept: logs are of runs that failed or were longer than a second")
    if form != Format.TABLE:
        show_rows(map(describe_log, runs), COLUMNS, Format(form))
        return
    for run in runs:
        if len(runs) > 1:
            write(f"run {run.fence}, until {to_text(run.noted_at)}")
        if run.log_cut:
            write(f"(cut: {run.log_cut:,} lines before these)")
        write(sanitize(run.log or "", LOG_CAP_CHARS, keep_newlines=True))
