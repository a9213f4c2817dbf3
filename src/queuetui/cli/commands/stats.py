"""`queuetui stats`: the figures."""

from __future__ import annotations

from typing import Any

import rich_click as click

from queuetui.cli.options import connection_options, exact_option, format_options
from queuetui.cli.output import Format, cell, say, show_document, show_rows, warn, write
from queuetui.cli.session import opened
from queuetui.cli.tables import STATS_COLUMNS, STATS_TABLE, exactness_in_words, stats_row
from queuetui.model.examination import describe_finding
from queuetui.model.run_notes import describe_usage
from queuetui.model.snapshot import Part, Watch
from queuetui.model.stats import describe_stats
from queuetui.monitor.diagnosis.wording import span

USAGE_MINUTES = 60
USAGE_COLUMNS = ("queue", "type", "name", "amount")


@click.command()
@exact_option
@format_options
@connection_options
def command(exact: bool, form: str, **connection: Any) -> None:
    """Count jobs by state, over all and per queue.

    Also those that are stuck, and what handlers counted in the last hour.
    """
    parts = frozenset({Part.COUNTS, Part.QUEUES, Part.WORKERS, Part.TALLY, Part.STORE})
    with opened(**connection) as (feed, _):
        picture, grade = feed.poll(Watch(parts=parts, exact=exact)), feed.capabilities.durability
        usage = [describe_usage(total) for total in feed.usage(USAGE_MINUTES)]
        late_after_s = feed.limits.stuck_after_s
    figures = {**describe_stats(picture.snapshot, picture.rules), "usage": usage, "durability": grade or None}
    figures["findings"] = list(map(describe_finding, picture.findings))
    for finding in picture.findings:
        say(f"{finding.level}: {finding.summary}; {finding.next}")
    for part, why in picture.problems.items():
        say(f"not read: {part}: {why}")
    _warn_of_late(figures["queues"], late_after_s)
    if form in {Format.JSON, Format.NDJSON}:
        show_document(figures, Format(form))
        return
    rows = [{"queue": name, **counts} for name, counts in sorted(figures["queues"].items())]
    rows.append({"queue": "(all)", **figures})
    if form == Format.CSV:
        show_rows(map(exactness_in_words, rows), STATS_COLUMNS, Format.CSV)
        return
    show_rows([stats_row(row, figures["as_of"], late_after_s) for row in rows], STATS_TABLE, Format.TABLE)
    measure = figures["measures"]["average_seconds"]
    write(f"average_seconds: {measure['of']} in the last {measure['minutes']} minutes")
    if usage:
        write("")
        write(f"usage in {USAGE_MINUTES} minutes")
        show_rows(usage, USAGE_COLUMNS, Format.TABLE)


def _warn_of_late(queues: dict[str, Any], late_after_s: float) -> None:
    """Tell of the queue whose oldest due job waits longest, where that is over the profile's limit."""
    due = {name: figures["oldest_due_seconds"] or 0.0 for name, figures in queues.items()}
    name = max(due, key=lambda name: due[name], default="")
    if due and due[name] > late_after_s:
        warn(f"the oldest due job of {cell(name)} has waited {span(due[name])}; the limit is {span(late_after_s)}")
