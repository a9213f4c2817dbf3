"""`queuetui workers` and `workers clean`."""

from __future__ import annotations

from typing import Any

import rich_click as click

from queuetui.cli.options import connection_options, duration, format_options
from queuetui.cli.output import Format, say, show_rows
from queuetui.cli.session import leave_to_subcommand, opened
from queuetui.cli.tables import WORKER_COLUMNS, WORKER_TABLE
from queuetui.model.counted import counted
from queuetui.model.document import describe_worker
from queuetui.model.errors import Unsupported
from queuetui.model.limits import is_live
from queuetui.model.snapshot import Part, Watch


@click.group(invoke_without_command=True)
@format_options
@connection_options
def command(form: str, **connection: Any) -> None:
    """List the registered workers and how long each has been silent."""
    if leave_to_subcommand(**connection):
        return
    with opened(**connection) as (feed, _):
        if not feed.capabilities.workers:
            raise Unsupported(
                f"{feed.capabilities.label} stores nothing about its workers; look at its processes instead"
            )
        snapshot = feed.poll(Watch(parts=frozenset({Part.WORKERS}))).snapshot
        now, limits = snapshot.now, feed.limits
    rows = [describe_worker(worker, now, live=is_live(worker, now, limits)) for worker in snapshot.workers]
    shown = (
        rows
        if form != Format.TABLE
        else [
            {**row, "pid": str(row["pid"]), "queues": "(all)" if row["all_queues"] else " ".join(row["queues"])}
            for row in rows
        ]
    )
    show_rows(shown, WORKER_COLUMNS, Format(form), WORKER_TABLE)


@command.command("clean")
@click.option(
    "--older-than", "silent_s", type=duration, default="10m", show_default=True, help="Silent for longer than this."
)
@connection_options
def clean(silent_s: float, **connection: Any) -> None:
    """Delete the registrations of workers that have been silent for long.

    Their jobs are swept by any live worker.
    """
    with opened(**connection) as (_, operations):
        say(f"{counted(operations.clean_workers(silent_s), 'registration')} deleted")
