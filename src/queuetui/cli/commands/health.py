"""`queuetui health`: the health of the queues."""

from __future__ import annotations

from typing import Any

import rich_click as click

from queuetui.cli.options import connection_options, exact_option, format_options
from queuetui.cli.output import Format, show_document, show_rows, write
from queuetui.cli.system_health import judge_each
from queuetui.cli.systems import opened_systems
from queuetui.model.counted import mark_count
from queuetui.model.measured import Exactness, Measured

_QUEUE_COLUMNS = ("queue", "depth", "processingRate", "errorRate", "oldestSeconds", "paused")
_QUEUE_FIGURES = (*_QUEUE_COLUMNS, "depthExactness")
# From this value on no decimals are shown.
_WHOLE_FROM = 1_000
_FINDING_COLUMNS = ("severity", "subject", "name", "code", "summary", "next")


@click.command()
@exact_option
@format_options
@connection_options
def command(exact: bool, form: str, **connection: Any) -> None:
    """Tell how well the queues run: depth, rates, ages, workers, and what is wrong.

    Any critical finding makes it unhealthy, any warning degraded. Rates are of the last 5 minutes.
    """
    with opened_systems(**connection) as systems:
        from queuetui.monitor.health import describe_health

        read = [describe_health(health) for _, health in judge_each(systems, exact=exact)]
        if form in {Format.JSON, Format.NDJSON}:
            if systems.are_many:
                show_rows(read, (), Format(form))
            else:
                show_document(read[0], Format(form))
            return
        if form == Format.CSV:
            rows = [row for health in read for row in _rows(health)]
            show_rows(rows, systems.table(_QUEUE_FIGURES), Format.CSV)
            return
        for one, health in zip(systems, read, strict=True):
            _show(health, f"{one.title}: " if systems.are_many else "")


def _show(health: dict[str, Any], whose: str) -> None:
    """Write the health for people: the whole, its figures, a row for each queue, and the findings."""
    workers = health["workers"]
    write(
        f"{whose}{health['status']} at {health['timestamp']}, {workers['live']} of {workers['registered']} workers live"
    )
    write(", ".join(f"{name} {value}" for name, value in _marked(health["processingStats"]).items()))
    rows = [_marked(row) for row in _rows(health)]
    show_rows(rows, _QUEUE_COLUMNS, Format.TABLE)
    if health["findings"]:
        write("")
        show_rows(health["findings"], _FINDING_COLUMNS, Format.TABLE)


def _rows(health: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"backend": health["backend"], "queue": name, **queue} for name, queue in sorted(health["queues"].items())]


def _marked(figures: dict[str, Any]) -> dict[str, str]:
    """Return figures in words, each with the mark of its exactness."""
    shown = {}
    for name, value in figures.items():
        if (how := figures.get(f"{name}Exactness")) is not None:
            shown[name] = mark_count(Measured(value, Exactness(how)))
        elif not name.endswith("Exactness"):
            shown[name] = _shown(value)
    return shown


def _shown(value: object) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, float):
        return str(value)
    return f"{value:.3g}" if abs(value) < _WHOLE_FROM else f"{value:.0f}"
