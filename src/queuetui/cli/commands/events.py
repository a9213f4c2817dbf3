"""`queuetui events` and `queuetui trace`: the event log in order."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import timedelta
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from uuid import UUID

import rich_click as click

from queuetui.cli.options import Since, connection_options, format_options, since, some, take_connection, written_name
from queuetui.cli.output import Format, say, show_rows
from queuetui.cli.session import resolve_id
from queuetui.cli.systems import Systems, opened_systems
from queuetui.cli.tables import EVENT_COLUMNS, EVENT_TABLE, event_row
from queuetui.model.errors import NotFound
from queuetui.model.event import Event, EventKind, EventRequest, describe_event, read_kind

if TYPE_CHECKING:
    from queuetui.monitor.feed import Feed

DEFAULT_LIMIT = 100
TRACE_LIMIT = 1_000
HOUR_S = 3600.0


def _kind(text: str) -> EventKind:
    try:
        return read_kind(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command()
@click.option("--job", metavar="ID", help="Of one job; the last 6 or more characters of its id will do.")
@click.option("--queue", "-q", type=written_name, metavar="QUEUE", help="Of one queue.")
@click.option("--correlation", metavar="ID", help="Of all jobs of one correlation id.")
@click.option("--event", "-e", "kinds", type=_kind, multiple=True, metavar="KIND", help="JobFailed, WorkerLost ...")
@click.option("--since", "back", type=since, metavar="DURATION|TIME", help="Not older than this.")
@click.option("--limit", "-n", type=some, default=DEFAULT_LIMIT, show_default=True, help="At most so many.")
@click.option(
    "--counts", is_flag=True, help="How many there were of each kind, in the last hour unless --since says else."
)
@click.option("--follow", "-f", is_flag=True, help="Go on with what happens, until Ctrl+C.")
@format_options
@connection_options
def command(
    job: str | None,
    queue: str | None,
    correlation: str | None,
    kinds: tuple[EventKind, ...],
    back: Since | None,
    limit: int,
    **given: Any,
) -> None:
    """Show what happened to jobs, queues and workers, the newest last."""
    connection, form = take_connection(given), Format(given["form"])
    with opened_systems(**connection) as systems:
        logs = logs_of(systems)
        if logs.are_many and not (given["counts"] or given["follow"] or job):
            begin = None if back is None else back.moment(logs.opened[0].feed.now())
            _show_all(logs, EventRequest(None, queue, correlation, frozenset(kinds), begin, limit=limit), form)
            return
        feed = log_of(systems)
        if given["counts"]:
            _count(feed, HOUR_S if back is None else back.seconds(feed.now()), form)
            return
        job_id = None if job is None else _whole_id(feed, job)
        begin = None if back is None else back.moment(feed.now())
        request = EventRequest(job_id, queue, correlation, frozenset(kinds), begin, limit=limit)
        if given["follow"]:
            _follow(feed, request, form)
        else:
            _show(feed, request, form)


@click.command()
@click.argument("correlation_id")
@format_options
@connection_options
def trace(correlation_id: str, form: str, **connection: Any) -> None:
    """Show what happened to all jobs of one correlation id, in order."""
    with opened_systems(**connection) as systems:
        logs, request = logs_of(systems), EventRequest(correlation_id=correlation_id, limit=TRACE_LIMIT)
        if logs.are_many:
            _show_all(logs, request, Format(form))
        else:
            _show(logs.opened[0].feed, request, Format(form))


def log_of(systems: Systems) -> Feed:
    """Return the only system that keeps events."""
    return systems.opened[0].feed if not systems.are_many else logs_of(systems).only_one("reading events").feed


def logs_of(systems: Systems) -> Systems:
    """Return the systems that keep events; a single system is returned whether it keeps any or not."""
    if not systems.are_many:
        return systems

    return systems.with_role(
        lambda one: one.feed.capabilities.events,
        lambda one: f"{one.feed.capabilities.label} keeps no record of what happened to a job",
    )


def _count(feed: Feed, since_s: float, form: Format) -> None:
    found, is_cut = feed.event_counts(timedelta(seconds=since_s))
    rows = [{"event": word, "count": number} for word, number in found.items()]
    show_rows(rows, ("event", "count"), form, ("event", "count"))
    if is_cut:
        say(f"the newest {sum(found.values()):,} events were counted and there are more")


def _show(feed: Feed, request: EventRequest, form: Format) -> None:
    page = feed.events(request)
    _write(reversed(page.events), form)
    for note in page.notes:
        say(note)
    if page.has_more:
        say(f"{len(page.events):,} events are shown and there are older ones; ask for more with --limit")
    if not page.events and form is Format.TABLE:
        off = request.queue is not None and not feed.logs_events(request.queue)
        say("events of this queue are off" if off else _nothing_found(request))


def _show_all(systems: Systems, request: EventRequest, form: Format) -> None:
    """Show the events of several logs as one, the newest last, each with its queue's system."""
    pages = systems.answers_of(lambda one: one.feed.events(request))
    # Pages begin with the newest event; events of the same time keep their order.
    read = ((event.at, system.name, event) for system, page in pages for event in reversed(page.events))
    found = sorted(read, key=itemgetter(0))
    listed = [{"backend": name, **describe_event(event)} for _, name, event in found[-request.limit :]]
    rows = [{"backend": row["backend"], **event_row(row)} for row in listed] if form is Format.TABLE else listed
    show_rows(rows, ("backend", *EVENT_COLUMNS), form, ("backend", *EVENT_TABLE))
    for system, page in pages:
        for note in page.notes:
            systems.tell_of(system)(note)
    if len(found) > len(listed) or any(page.has_more for _, page in pages):
        say(f"{len(listed):,} events are shown and there are older ones; ask for more with --limit")
    if not listed and form is Format.TABLE:
        say(_nothing_found(request))


def _nothing_found(request: EventRequest) -> str:
    if request.correlation_id is None:
        return "no event matches"
    return "no event matches; the correlation id of a job is shown by: queuetui show ID"


def _follow(feed: Feed, request: EventRequest, form: Format) -> None:
    """Write new events as they come; in JSON one line each, as a list would never end."""
    lines = Format.NDJSON if form is Format.JSON else form
    headed, follower = True, feed.follower(request)
    for new in follower.follow():
        if follower.is_cut:
            say(
                "so much happened at once that the oldest events of it are left out; see them with --since and --job or --queue"
            )
        _write(new, lines, headed=headed)
        # Without this a pipe gets nothing until a block is full.
        sys.stdout.flush()
        headed = False


def _write(events: Iterable[Event], form: Format, *, headed: bool = True) -> None:
    rows = (describe_event(event) for event in events)
    show_rows(
        (event_row(row) for row in rows) if form is Format.TABLE else rows,
        EVENT_COLUMNS,
        form,
        EVENT_TABLE,
        headed=headed,
    )


def _whole_id(feed: Feed, written: str) -> str:
    """Return the full id; the full id of a job that is gone is returned unchanged."""
    try:
        return resolve_id(feed, written, whole=True)
    except NotFound:
        try:
            return str(UUID(written))
        except ValueError:
            pass
        raise
