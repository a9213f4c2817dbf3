"""`queuetui workers` and `workers clean`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from functools import partial
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
from queuetui.model.limits import Limits, is_live, is_silent
from queuetui.model.snapshot import Part, Watch
from queuetui.model.worker import WorkerInfo


@click.group(invoke_without_command=True)
@click.option("--status", "statuses", multiple=True, metavar="WORD", help="Those that the store calls so.")
@click.option("--silent", is_flag=True, help="Those without a beat for too long.")
@click.option(
    "--since", "since_s", type=duration, metavar="DURATION", help="Those registered not longer ago than this."
)
@format_options
@connection_options
def command(statuses: tuple[str, ...], silent: bool, since_s: float | None, form: str, **connection: Any) -> None:
    """List the registered workers and how long each has been silent."""
    if leave_to_subcommand(**connection):
        return
    keep = partial(_is_asked_for, statuses, silent, since_s)
    with opened_systems(**connection) as systems:
        keeping = systems.with_role(lambda one: one.feed.capabilities.workers, _lacking)
        rows = [row for one in keeping for row in _rows(one, form, keep)]
        table = systems.table(WORKER_TABLE)
        show_rows(rows, systems.table(WORKER_COLUMNS), Format(form), table)


def _lacking(system: System) -> str:
    return f"{system.feed.capabilities.label} stores nothing about its workers; look at its processes instead"


def _is_asked_for(
    statuses: Collection[str], silent: bool, since_s: float | None, worker: WorkerInfo, now: datetime, limits: Limits
) -> bool:
    return (
        (not statuses or describe_worker(worker, now, live=True)["status"] in statuses)
        and (not silent or is_silent(worker, now, limits))
        and (since_s is None or ((up_s := worker.up_s(now)) is not None and up_s <= since_s))
    )


def _rows(system: System, form: str, keep: Callable[[WorkerInfo, datetime, Limits], bool]) -> Iterator[dict[str, Any]]:
    snapshot = system.feed.poll(Watch(parts=frozenset({Part.WORKERS}))).snapshot
    now, limits = snapshot.now, system.feed.limits
    for worker in snapshot.workers:
        if keep(worker, now, limits):
            row = {"backend": system.name, **describe_worker(worker, now, live=is_live(worker, now, limits))}
            yield _cells(row) if form == Format.TABLE else row


def _cells(row: dict[str, Any]) -> dict[str, Any]:
    process = None if row["pid"] is None else str(row["pid"])
    return {**row, "pid": process, "queues": "(all)" if row["all_queues"] else " ".join(row["queues"])}


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
