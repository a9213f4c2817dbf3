"""`queuetui health`: how well the queues run."""

from __future__ import annotations

from typing import Any

import rich_click as click

from queuetui.cli.options import connection_options, format_options
from queuetui.cli.output import Format, say, show_document, show_rows, write
from queuetui.cli.session import opened
from queuetui.model.snapshot import Watch

_QUEUE_COLUMNS = ("queue", "depth", "processingRate", "errorRate", "oldestSeconds")
_FINDING_COLUMNS = ("severity", "subject", "name", "code", "summary", "next")


@click.command()
@format_options
@connection_options
def command(form: str, **connection: Any) -> None:
    """Tell how well the queues run: depth, rates, ages, workers, and what is wrong.

    Any critical finding makes it unhealthy, any warning degraded. Rates are of the last 5 minutes. `queuetui check` answers monitors by
    its exit code.
    """
    from queuetui.monitor.health import HEALTH_PARTS, describe_health, judge_health

    with opened(**connection) as (feed, _):
        picture = feed.poll(Watch(parts=HEALTH_PARTS))
        health = describe_health(judge_health(picture, feed.limits))
    for part, why in picture.problems.items():
        say(f"not read: {part}: {why}")
    if form in {Format.JSON, Format.NDJSON}:
        show_document(health, Format(form))
        return
    rows = [{"queue": name, **queue} for name, queue in sorted(health["queues"].items())]
    if form == Format.CSV:
        show_rows(rows, _QUEUE_COLUMNS, Format.CSV)
        return
    stats, workers = health["processingStats"], health["workers"]
    write(f"{health['status']} at {health['timestamp']}, {workers['live']} of {workers['registered']} workers live")
    write(", ".join(f"{name} {_shown(value)}" for name, value in stats.items()))
    show_rows([{name: _shown(value) for name, value in row.items()} for row in rows], _QUEUE_COLUMNS, Format.TABLE)
    if health["findings"]:
        write("")
        show_rows(health["findings"], _FINDING_COLUMNS, Format.TABLE)


def _shown(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
