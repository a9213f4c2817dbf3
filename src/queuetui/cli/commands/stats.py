"""`queuetui stats`: the figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import rich_click as click

from queuetui.cli.options import connection_options, exact_option, format_options
from queuetui.cli.output import Format, cell, show_document, show_rows, warn, write
from queuetui.cli.store_places import System
from queuetui.cli.systems import opened_systems
from queuetui.cli.tables import STATS_COLUMNS, STATS_TABLE, exactness_in_words, stats_row, without_unkept
from queuetui.monitor.diagnosis.words import span
from queuetui.monitor.figures import USAGE_MINUTES, read_figures

USAGE_COLUMNS = ("queue", "type", "name", "amount")


@click.command()
@exact_option
@format_options
@connection_options
def command(exact: bool, form: str, **connection: Any) -> None:
    """Count jobs by state, over all and per queue.

    Also those that are stuck, and what handlers counted in the last hour.
    """
    with opened_systems(**connection) as systems:
        read = [(one, _read(one, systems.tell_of(one), exact=exact)) for one in systems]
        _show(read, form, many=systems.are_many)


def _show(read: Sequence[tuple[System, dict[str, Any]]], form: str, *, many: bool) -> None:
    for one, figures in read:
        _warn_of_late(figures["queues"], one.profile.limits.stuck_after_s, f"{one.title}: " if many else "")
    if form in {Format.JSON, Format.NDJSON}:
        if many:
            show_rows([figures for _, figures in read], (), Format(form))
        else:
            show_document(read[0][1], Format(form))
        return
    rows = [row for one, figures in read for row in _rows(figures, one.profile.limits.stuck_after_s, form)]
    columns = STATS_COLUMNS if form == Format.CSV else without_unkept(STATS_TABLE, rows)
    show_rows(rows, ("backend", *columns) if many else columns, Format(form))
    if form == Format.TABLE:
        measure = read[0][1]["measures"]["average_seconds"]
        write(f"average_seconds: {measure['of']} in the last {measure['minutes']} minutes")
        for one, figures in read:
            _write_usage(figures["usage"], f"{one.title}: " if many else "")


def _read(system: System, tell: Callable[[str], None], *, exact: bool) -> dict[str, Any]:
    """Return the figures of one system; print its warnings, and what could not be read."""
    figures, problems, findings = read_figures(system.feed, exact=exact)
    for finding in findings:
        tell(f"{finding.level}: {finding.summary}; {finding.next}")
    for part, why in problems.items():
        tell(f"not read: {part}: {why}")
    return figures


def _rows(figures: dict[str, Any], late_after_s: float, form: str) -> Iterator[dict[str, Any]]:
    """Yield a row for each queue, and one over all."""
    named = [*sorted(figures["queues"].items()), ("(all)", figures)]
    for name, counts in named:
        row = {**counts, "backend": figures["backend"], "queue": name}
        yield exactness_in_words(row) if form == Format.CSV else stats_row(row, figures["as_of"], late_after_s)


def _write_usage(usage: list[dict[str, Any]], whose: str) -> None:
    if usage:
        write("")
        write(f"{whose}usage in {USAGE_MINUTES} minutes")
        show_rows(usage, USAGE_COLUMNS, Format.TABLE)


def _warn_of_late(queues: dict[str, Any], late_after_s: float, whose: str) -> None:
    """Print the queue whose oldest due job waits longest, if that is over the profile's limit."""
    due = {name: figures["oldest_due_seconds"] or 0.0 for name, figures in queues.items()}
    name = max(due, key=lambda name: due[name], default="")
    if due and due[name] > late_after_s:
        warn(
            f"{whose}the oldest due job of {cell(name)} has waited {span(due[name])}; the limit is {span(late_after_s)}"
        )
