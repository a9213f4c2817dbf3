"""`queuetui stats`: the figures."""

from __future__ import annotations

from typing import Any

import rich_click as click

from queuetui.cli.options import connection_options, format_options
from queuetui.cli.output import Format, say, show_document, show_rows
from queuetui.cli.session import opened
from queuetui.cli.tables import STATS_TABLE
from queuetui.model.examination import describe_finding
from queuetui.model.snapshot import Part, Watch
from queuetui.model.stats import describe_stats


@click.command()
@click.option("--exact", is_flag=True, help="Count without caps; slow on a large store.")
@format_options
@connection_options
def command(exact: bool, form: str, **connection: Any) -> None:
    """Count jobs by state, stuck ones across states, over all and per queue."""
    parts = frozenset({Part.COUNTS, Part.QUEUES, Part.WORKERS, Part.TALLY, Part.STORE})
    with opened(**connection) as (feed, _):
        snapshot, grade = feed.poll(Watch(parts=parts, exact=exact)), feed.capabilities.durability
    figures = {**describe_stats(snapshot), "durability": grade or None}
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
