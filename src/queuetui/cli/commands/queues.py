"""`queuetui queues`, `pause` and `resume`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any

import rich_click as click
from click.exceptions import Exit

from queuetui.cli import exit_codes
from queuetui.cli.options import (
    connection_options,
    duration,
    exact_option,
    format_options,
    queue_name,
    some,
    take_connection,
    written_name,
)
from queuetui.cli.output import Format, cell, say, show_rows, write
from queuetui.cli.session import leave_to_subcommand
from queuetui.cli.store_places import System
from queuetui.cli.systems import opened_systems
from queuetui.cli.tables import QUEUE_COLUMNS, QUEUE_TABLE, queue_row, stats_row, without_unkept
from queuetui.model.claim_rules import RulesEdit, parse_rate
from queuetui.model.snapshot import Part, Watch
from queuetui.model.stats import describe_stats

if TYPE_CHECKING:
    from queuetui.monitor.feed import Feed
    from queuetui.operate.report import Report


@click.group(invoke_without_command=True)
@exact_option
@format_options
@connection_options
def command(exact: bool, form: str, **connection: Any) -> None:
    """List the queues: how much waits, since when, who listens, what is paused, what limits their claims."""
    if leave_to_subcommand(**connection):
        return
    with opened_systems(**connection) as systems:
        rows = [row for one in systems for row in _rows(one, systems.tell_of(one), form, exact=exact)]
        shown = rows if form in {Format.JSON, Format.NDJSON} else list(map(queue_row, rows))
        table = systems.table(without_unkept(QUEUE_TABLE, rows))
        show_rows(shown, systems.table(QUEUE_COLUMNS), Format(form), table)


def _rows(system: System, tell: Callable[[str], None], form: str, *, exact: bool) -> Iterator[dict[str, Any]]:
    picture = system.feed.poll(Watch(parts=frozenset({Part.QUEUES, Part.WORKERS}), exact=exact))
    for part, why in picture.problems.items():
        tell(f"not read: {part}: {why}")
    figures = describe_stats(picture.snapshot, picture.rules)
    for name, counts in sorted(figures["queues"].items()):
        row = {"backend": system.name, "queue": name, **counts}
        yield stats_row(row, figures["as_of"], system.feed.limits.stuck_after_s) if form == Format.TABLE else row


@command.command("limit")
@click.argument("queue", type=written_name)
@click.option("--type", "type", type=written_name, metavar="TYPE", help="Limit the jobs of TYPE in this queue.")
@click.option("--concurrency", type=some, metavar="N", help="At most N processed at once, over all workers.")
@click.option("--rate", metavar="N/DUR", help="At most N begin in any DUR, such as 10/1m; all N may begin at once.")
@click.option("--ageing", "ageing_s", type=duration, metavar="DUR", help="Priority grows by 1 for every DUR waited.")
@click.option("--clear", is_flag=True, help="Take away what is laid down first: all of it, or TYPE's limit.")
@click.option("--reason", default="", help="Kept in the record.")
@connection_options
def limit(queue: str, rate: str | None, reason: str, **given: Any) -> None:
    """Set limits on the claims from QUEUE.

    How many jobs are processed at once, how many begin in a time, and whether waiting raises the priority.
    What is not named stays as it was. The claims that begin afterwards go by it.
    """
    connection = take_connection(given)
    try:
        edit = RulesEdit(rate=None if rate is None else parse_rate(rate), **given)
        with opened_systems(**connection) as systems:
            system = systems.owner_of(queue)
            known = _known_queues(system.feed, queue)
            report = system.operations.rules.lay_down(queue, edit, reason)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    _beware_unless_known(queue, known)
    _tell(report, systems.tell_of(system))


@command.command("events")
@click.argument("queue", type=written_name)
@click.argument("switch", type=click.Choice(["on", "off"]), required=False)
@click.option("--reason", default="", help="Kept in the record.")
@connection_options
def events(queue: str, switch: str | None, reason: str, **connection: Any) -> None:
    """Switch the event log of QUEUE on or off; without either, say which it is."""
    with opened_systems(**connection) as systems:
        system = systems.owner_of(queue)
        if switch is None:
            write(f"{cell(queue)} {'on' if system.feed.logs_events(queue) else 'off'}")
            return
        known = _known_queues(system.feed, queue)
        report = system.operations.switch_events(queue, on=switch == "on", reason=reason)
    _beware_unless_known(queue, known)
    _tell(report, systems.tell_of(system))


def _set_paused(queue: str, paused: bool, reason: str, connection: dict[str, Any]) -> None:
    with opened_systems(**connection) as systems:
        system = systems.owner_of(queue)
        known = _known_queues(system.feed, queue)
        report = system.operations.set_paused(queue, paused=paused, reason=reason)
    _beware_unless_known(queue, known)
    _tell(report, systems.tell_of(system))


def _known_queues(feed: Feed, queue: str) -> Collection[str]:
    """Return the names of the queues; an unknown queue must at least have a valid name."""
    queues: dict[str, Any] = describe_stats(feed.poll(Watch(parts=frozenset({Part.QUEUES}))).snapshot)["queues"]
    if queue not in queues:
        queue_name(queue)
    return queues


def _beware_unless_known(queue: str, known: Collection[str]) -> None:
    if queue not in known:
        names = ", ".join(sorted(map(cell, known))) or "none"
        say(f"beware: no job was put into {cell(queue)} so far; queues: {names}")


def _tell(report: Report, tell: Callable[[str], None]) -> None:
    for line in report.lines():
        tell(line)
    if not report.complete:
        raise Exit(exit_codes.REFUSED)


@click.command()
@click.argument("queue", type=written_name)
@click.option("--reason", default="", help="Kept in the record.")
@connection_options
def pause(queue: str, reason: str, **connection: Any) -> None:
    """Stop workers from taking jobs of QUEUE; running ones go on."""
    _set_paused(queue, True, reason, connection)


@click.command()
@click.argument("queue", type=written_name)
@click.option("--reason", default="", help="Kept in the record.")
@connection_options
def resume(queue: str, reason: str, **connection: Any) -> None:
    """Let workers take jobs of QUEUE again."""
    _set_paused(queue, False, reason, connection)
