"""`queuetui queues`, `pause` and `resume`."""

from __future__ import annotations

from typing import Any

import rich_click as click
from click.exceptions import Exit

from queuetui.cli import exit_codes
from queuetui.cli.options import connection_options, format_options
from queuetui.cli.output import Format, cell, say, show_rows
from queuetui.cli.session import opened
from queuetui.cli.tables import QUEUE_COLUMNS, QUEUE_TABLE
from queuetui.model.snapshot import Part, Watch
from queuetui.model.stats import describe_stats


@click.command()
@format_options
@connection_options
def command(form: str, **connection: Any) -> None:
    """List the queues: how much waits, since when, who listens, what is paused."""
    with opened(**connection) as (feed, _):
        figures = describe_stats(feed.poll(Watch(parts=frozenset({Part.QUEUES, Part.WORKERS}))))
    rows = [{"queue": name, **counts} for name, counts in sorted(figures["queues"].items())]
    show_rows(rows, QUEUE_COLUMNS, Format(form), QUEUE_TABLE)


def _set_paused(queue: str, paused: bool, reason: str, connection: dict[str, Any]) -> None:
    with opened(**connection) as (feed, operations):
        known = describe_stats(feed.poll(Watch(parts=frozenset({Part.QUEUES}))))["queues"]
        report = operations.set_paused(queue, paused=paused, reason=reason)
    if queue not in known:
        names = ", ".join(sorted(map(cell, known))) or "none"
        say(f"beware: no job was put into {cell(queue)} so far; queues: {names}")
    for line in report.lines():
        say(line)
    if not report.complete:
        raise Exit(exit_codes.REFUSED)


@click.command()
@click.argument("queue")
@click.option("--reason", default="", help="Kept in the record.")
@connection_options
def pause(queue: str, reason: str, **connection: Any) -> None:
    """Stop workers from taking jobs of QUEUE; running ones go on."""
    _set_paused(queue, True, reason, connection)


@click.command()
@click.argument("queue")
@click.option("--reason", default="", help="Kept in the record.")
@connection_options
def resume(queue: str, reason: str, **connection: Any) -> None:
    """Let workers take jobs of QUEUE again."""
    _set_paused(queue, False, reason, connection)
