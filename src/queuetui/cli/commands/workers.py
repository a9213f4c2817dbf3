"""`queuetui workers` and `workers clean`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import rich_click as click

from queuetui.cli.options import Since, connection_options, duration, format_options, since, take_connection
from queuetui.cli.output import Format, say, show_rows
from queuetui.cli.session import leave_to_subcommand
from queuetui.cli.store_places import System
from queuetui.cli.systems import opened_systems
from queuetui.cli.tables import WORKER_COLUMNS, WORKER_TABLE
from queuetui.model.act import Verb
from queuetui.model.counted import counted
from queuetui.model.document import describe_worker
from queuetui.model.limits import Limits, is_free, is_live, is_silent
from queuetui.model.snapshot import Part, Watch
from queuetui.model.worker import WorkerInfo

HISTORY_S = 3600.0
HISTORY_COLUMNS = ("id", "host", "pid", "version", "queues", "tags", "started_at", "ended_at", "end", "why")
HISTORY_TABLE = ("id", "host", "pid", "queues", "started_at", "ended_at", "end", "why")


@click.group(invoke_without_command=True)
@click.option("--status", "statuses", multiple=True, metavar="WORD", help="Those that the store calls so.")
@click.option("--silent", is_flag=True, help="Those without a beat for too long.")
@click.option("--since", "back", type=since, metavar="DURATION|TIME", help="Those registered not longer ago than this.")
@click.option("--free", is_flag=True, help="Live ones with a slot that is free.")
@click.option(
    "--history",
    is_flag=True,
    help="Those that are gone, and why, as their events tell: of the last hour, or of --since.",
)
@format_options
@connection_options
def command(statuses: tuple[str, ...], silent: bool, back: Since | None, free: bool, **given: Any) -> None:
    """List the registered workers and how long each has been silent."""
    connection = take_connection(given)
    if leave_to_subcommand(**connection):
        return
    form = given["form"]
    if given["history"]:
        if statuses or silent or free:
            raise click.UsageError("--history lists workers that are gone; of the other options it takes --since alone")
        _show_history(Since(HISTORY_S) if back is None else back, form, connection)
        return
    keep = partial(_is_asked_for, statuses, silent, back, free)
    with opened_systems(**connection) as systems:
        keeping = systems.with_role(lambda one: one.feed.capabilities.workers, _lacking)
        rows = [row for one in keeping for row in _rows(one, form, keep)]
        table = systems.table(WORKER_TABLE)
        show_rows(rows, systems.table(WORKER_COLUMNS), Format(form), table)
        if not rows and form == Format.TABLE:
            is_narrowed = statuses or silent or free or back is not None
            say("no registered worker matches" if is_narrowed else "no worker is registered")


def _lacking(system: System) -> str:
    return system.feed.capabilities.why_no_workers


def _show_history(back: Since, form: str, connection: dict[str, Any]) -> None:
    from queuetui.monitor.follower import MOST_A_LOOK

    with opened_systems(**connection) as systems:
        keeping = systems.with_role(lambda one: one.feed.capabilities.events, _keeps_no_events)
        rows: list[dict[str, Any]] = []
        for one in keeping:
            gone, is_cut = one.feed.gone_workers(timedelta(seconds=back.seconds(one.feed.now())))
            described = ({"backend": one.name, **each.describe()} for each in gone)
            rows += [_name_process(row) if form == Format.TABLE else row for row in described]
            if is_cut:
                say(f"{one.name}: the newest {MOST_A_LOOK:,} events were looked through and there are more")
        if not rows and form == Format.TABLE:
            say("the events of that time tell of no worker that is gone; to look further back: --since 30d")
        table = systems.table(HISTORY_TABLE)
        show_rows(rows, systems.table(HISTORY_COLUMNS), Format(form), table)


def _keeps_no_events(system: System) -> str:
    return f"{system.feed.capabilities.label} keeps no events that could tell of workers that are gone"


def _is_asked_for(
    statuses: Collection[str],
    silent: bool,
    back: Since | None,
    free: bool,
    worker: WorkerInfo,
    now: datetime,
    limits: Limits,
) -> bool:
    if free and not is_free(worker, now, limits):
        return False
    return (
        (not statuses or describe_worker(worker, now, live=True)["status"] in statuses)
        and (not silent or is_silent(worker, now, limits))
        and (back is None or ((up_s := worker.up_s(now)) is not None and up_s <= back.seconds(now)))
    )


def _rows(system: System, form: str, keep: Callable[[WorkerInfo, datetime, Limits], bool]) -> Iterator[dict[str, Any]]:
    snapshot = system.feed.poll(Watch(parts=frozenset({Part.WORKERS}))).snapshot
    now, limits = snapshot.now, system.feed.limits
    for worker in snapshot.workers:
        if keep(worker, now, limits):
            row = {"backend": system.name, **describe_worker(worker, now, live=is_live(worker, now, limits))}
            yield _cells(row) if form == Format.TABLE else row


def _name_process(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with its process id as text, so that it has no thousands separators."""
    return {**row, "pid": None if row["pid"] is None else str(row["pid"])}


def _cells(row: dict[str, Any]) -> dict[str, Any]:
    return {**_name_process(row), "queues": "(all)" if row["all_queues"] else " ".join(row["queues"])}


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
