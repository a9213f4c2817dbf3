"""`queuetui lives`: the life of each job in one row, and where its events have gaps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import rich_click as click

from queuetui.cli.commands.events import logs_of
from queuetui.cli.options import Since, connection_options, format_options, since, some
from queuetui.cli.output import Format, say, show_rows
from queuetui.cli.systems import opened_systems
from queuetui.monitor.lives import describe_life

COLUMNS = (
    "job",
    "created_at",
    "scheduled_at",
    "started_at",
    "ended_at",
    "end",
    "waited_seconds",
    "ran_seconds",
    "gaps",
)
NEVER = datetime.min.replace(tzinfo=UTC)
_TIMES = ("created_at", "scheduled_at", "started_at", "ended_at")


@click.command()
@click.option(
    "--since",
    "back",
    type=since,
    metavar="DUR|TIME",
    default="1h",
    show_default=True,
    help="Something happened to it since.",
)
@click.option("--limit", "-n", type=some, default=100, show_default=True, help="At most so many jobs.")
@format_options
@connection_options
def command(back: Since, limit: int, form: str, **connection: Any) -> None:
    """Show the life of each job in one row, and which of its steps is missing.

    The steps are created, and of its last run scheduled, started, ended. What is wrong with the log as a whole: queuetui gaps.
    """
    with opened_systems(**connection) as systems:
        logs = logs_of(systems)
        span = timedelta(seconds=back.seconds(logs.opened[0].feed.now()))
        answers = logs.answers_of(lambda one: one.feed.lives(span, limit))
        found = [(system, life) for system, lives in answers for life in lives.lives]
        # One log yields the latest first; several are merged in the same order.
        if logs.are_many:
            found.sort(key=lambda one: max(one[1].steps.values(), default=NEVER), reverse=True)
        rows = [{"backend": system.name, **describe_life(life)} for system, life in found[:limit]]
        if form == Format.TABLE:
            rows = [_cells(row) for row in rows]
        columns = logs.table(COLUMNS)
        show_rows(({name: row[name] for name in columns} for row in rows), columns, Format(form), columns)
        for system, lives in answers:
            for note in lives.notes:
                logs.tell_of(system)(note)
    if not found and form == Format.TABLE:
        say("no event of that time tells of a job; to look further back: --since 30d")
    if len(found) > limit or any(lives.has_more for _, lives in answers):
        say(f"there are more jobs than the {limit:,} shown; ask for more with --limit")


def _cells(row: dict[str, Any]) -> dict[str, Any]:
    short = {name: None if row[name] is None else row[name][:23].replace("T", " ") for name in _TIMES}
    return {**row, **short, "gaps": "; ".join(row["gaps"])}
