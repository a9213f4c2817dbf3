"""`queuetui failures`: dead letters by type and error, and the jobs of one such group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click

from queuetui.cli.options import Since, connection_options, format_options, since, some, take_connection
from queuetui.cli.output import Format, say, show_document, show_rows, write
from queuetui.cli.session import leave_to_subcommand
from queuetui.cli.systems import Systems, opened_systems
from queuetui.model.act import Verb
from queuetui.model.document import document
from queuetui.model.errors import NotFound
from queuetui.model.histories import SPARK_MINUTES, FailureGroup, describe_failure_group, filter_of
from queuetui.monitor.diagnosis.words import command as command_words
from queuetui.tui.present.spark import spark_text
from queuetui.tui.present.symbols import ASCII_SYMBOLS

if TYPE_CHECKING:
    from queuetui.cli.store_places import System

_DAY_S = 86_400.0
_MOST_GROUPS = 1_000
_COLUMNS = (
    "jobs",
    "type",
    "error_class",
    "message",
    "first_at",
    "last_at",
    "fingerprint",
    "recent",
    "versions",
    "sample_id",
)
_TABLE = ("fingerprint", "jobs", "type", "error", "first_at", "last_at", "last hour", "versions")
since_option = click.option(
    "--since", "back", type=since, default="24h", show_default=True, metavar="DUR|TIME", help="Not older than this."
)


@click.group(invoke_without_command=True)
@since_option
@click.option("--limit", "-n", type=some, default=20, show_default=True, help="At most so many groups.")
@format_options
@connection_options
def command(back: Since, limit: int, form: str, **connection: Any) -> None:
    """Group dead letters by type, error class and message, the largest group first.

    Messages that differ only in numbers, ids and quoted values are alike.
    """
    if leave_to_subcommand(**connection):
        return
    with opened_systems(**connection) as systems:
        found = _read(systems, back, limit)
        rows = [{"backend": system.name, **describe_failure_group(group)} for system, group in found]
        if form == Format.TABLE:
            rows = [{**row, **_in_words(row)} for row in rows]
        show_rows(rows, systems.table(_COLUMNS), Format(form), systems.table(_TABLE))
    if form == Format.TABLE and found:
        say(f"last hour: {SPARK_MINUTES} minutes a sign; the jobs of a group: queuetui failures show FINGERPRINT")
    elif form == Format.TABLE:
        say("no job that is still there failed in that time; to look further back: --since 30d")


@command.command()
@click.argument("fingerprint")
@since_option
@format_options
@connection_options
def show(fingerprint: str, back: Since, form: str, **given: Any) -> None:
    """Show one group: how many, since when, its newest job, and how to list and retry them."""
    with opened_systems(**take_connection(given)) as systems:
        groups = _read(systems, back, _MOST_GROUPS)
        found = [one for one in groups if fingerprint and one[1].fingerprint.startswith(fingerprint)]
        if not found:
            raise NotFound(f"no failure of that time has the fingerprint {fingerprint!r}; see: queuetui failures")
        shown = [{"backend": system.name, **_whole(system, group)} for system, group in found]
        if form == Format.TABLE or len(shown) == 1:
            for one in shown:
                show_document(one, Format(form))
        else:
            show_rows(shown, _COLUMNS, Format(form))
    if form == Format.TABLE:
        for system, group in found:
            listed = command_words("jobs", filter_of(group), way=system.feed.access.reading)
            again = command_words("retry", filter_of(group), way=system.feed.access.way_to(Verb.RETRY))
            write(f"next: {listed}; {again}")


def _read(systems: Systems, back: Since, limit: int) -> list[tuple[System, FailureGroup]]:
    found: list[tuple[System, FailureGroup]] = []
    for system in systems:
        measured = system.feed.failure_groups(back.moment(system.feed.now()), limit)
        if measured.why:
            systems.tell_of(system)(measured.why)
        found += [(system, group) for group in measured.value or ()]
    return sorted(found, key=lambda one: -one[1].jobs)[:limit]


def _whole(system: System, group: FailureGroup) -> dict[str, Any]:
    """Return a group with the payload and the traceback of its newest job."""
    detail = system.feed.open(group.sample_id)
    sample = document(detail.job, detail.verdict).to_dict()
    return {
        **describe_failure_group(group),
        "sample": {key: sample[key] for key in ("id", "data", "payload", "attempts", "worker", "completed_at")},
        "traceback": (sample["error"] or {}).get("traceback"),
    }


def _in_words(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "error": f"{row['message']} ({row['error_class']})" if row["message"] else row["error_class"],
        "versions": ", ".join(row["versions"]),
        "last hour": spark_text(row["recent"], len(row["recent"]), symbols=ASCII_SYMBOLS),
    }
