"""`queuetui stats`: the figures."""

from __future__ import annotations

from typing import Any

import rich_click as click

from queuetui.cli.options import connection_options, format_options
from queuetui.cli.output import Format, say, show_document, show_rows, write
from queuetui.cli.session import opened
from queuetui.cli.tables import STATS_TABLE
from queuetui.model.examination import describe_finding
from queuetui.model.run_notes import describe_usage
from queuetui.model.snapshot import Part, Watch
from queuetui.model.stats import describe_stats

USAGE_MINUTES = 60
USAGE_COLUMNS = ("queue", "type", "name", "amount")


@click.command()
@click.option("--exact", is_flag=True, help="Count without caps; slow on a large store.")
@format_options
@connection_options
def command(exact: bool, form: str, **connection: Any) -> None:
    """Count jobs by state, stuck ones across states, over all and per queue, and what handlers counted in the last hour."""
    parts = frozenset({Part.COUNTS, Part.QUEUES, Part.WORKERS, Part.TALLY, Part.STORE})
    with opened(**connection) as (feed, _):
        snapshot, grade = feed.poll(Watch(parts=parts, exact=exact)), feed.capabilities.durability
        usage = [describe_usage(total) for total in feed.usage(USAGE_MINUTES)]
    figures = {**describe_stats(snapshot), "usage": usage, "durability": grade or None}
    figures["findings"] = list(map(describe_finding, snapshot.findings))
    for finding in snapshot.findings:
        say(f"{finding.level}: {finding.summary}; {finding.next}")
    for part, why in snapshot.problems.items():
        say(f"not read: {part}: {why}")
    if form in {Format.JSON, Format.NDJSON}:
        show_document(figures, Format(form))
        return
    rows = [{"queue": name, **counts} for name, counts in sorted(figures["queues"].items())]
    show_rows([*rows, {"queue": "(all)", **figures}], STATS_TABLE, Format(form))
    if usage and form == Format.TABLE:
        write("")
        write(f"usage in {USAGE_MINUTES} minutes")
        show_rows(usage, USAGE_COLUMNS, Format.TABLE)
