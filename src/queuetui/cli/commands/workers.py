"""`queuetui workers` and `workers clean`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import rich_click as click

from queuetui.cli.options import connection_options, duration, format_options
from queuetui.cli.output import Format, show_rows
from queuetui.cli.session import leave_to_subcommand
from queuetui.cli.systems import System, opened_systems
from queuetui.cli.tables import WORKER_COLUMNS, WORKER_TABLE
from queuetui.model.act import Verb
from queuetui.model.counted import counted
from queuetui.model.document import describe_worker
from queuetui.model.limits import is_live
from queuetui.model.snapshot import Part, Watch


@click.group(invoke_without_command=True)
@format_options
@connection_options
def command(form: str, **connection: Any) -> None:
    """List the registered workers and how long each has been silent."""
    if leave_to_subcommand(**connection):
        return
    with opened_systems(**connection) as systems:
        keeping = systems.with_role(lambda one: one.feed.capabilities.workers, _lacking)
        rows = [row for one in keeping for row in _rows(one, form)]
        table = systems.table(WORKER_TABLE)
        show_rows(rows, systems.table(WORKER_COLUMNS), Format(form), table)


def _lacking(system: System) -> str:
    return f"{system.feed.capabilities.label} stores nothing about its workers; look at its processes instead"


def _rows(system: System, form: str) -> Iterator[dict[str, Any]]:
    snapshot = system.feed.poll(Watch(parts=frozenset({Part.WORKERS}))).snapshot
    now, limits = snapshot.now, system.feed.limits
    for worker in snapshot.workers:
        row = {"backend": system.name, **describe_worker(worker, now, live=is_live(worker, now, limits))}
        if form == Format.TABLE:
            row |= {"pid": str(row["pid"]), "queues": "(all)" if row["all_queues"] else " ".join(row["queues"])}
        yield row


@command.command("clean")
@click.option(
    "--older-than", "silent_s", type=duration, default="10m", show_default=True, help="Silent for longer than this."
)
@connection_options
def clean(silent_s: float, **connection: Any) -> None:
    """Delete the registrations of workers that have been silent for long.

    Their jobs are swept by any live worker.
    """
    with opened_systems(**connection) as systems:
        system = systems.able_to(Verb.CLEAN)
        deleted = counted(system.operations.clean_workers(silent_s), "registration")
        systems.tell_of(system)(f"{deleted} deleted")
