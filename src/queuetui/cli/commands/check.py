"""`queuetui check`: one line for cron and monitoring plugins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import rich_click as click
from click.exceptions import Exit

from queuetui.cli import exit_codes
from queuetui.cli.options import connection_options, exact_option
from queuetui.cli.output import cell, write
from queuetui.cli.system_health import judge_each
from queuetui.cli.systems import Systems, opened_systems
from queuetui.model.counted import mark_count
from queuetui.model.errors import QueueTuiError
from queuetui.model.measured import add_counts
from queuetui.model.text import DETAIL_CAP, sanitize
from queuetui.model.urls import hide_passwords

if TYPE_CHECKING:
    from queuetui.monitor.health import Health, HealthFinding

_MOST_TOLD = 3


@click.command()
@exact_option
@connection_options
def command(exact: bool, **connection: Any) -> None:
    """Tell in one line whether the queues are well, for cron and Nagios.

    Figures for graphs follow a bar. Exits with 0 when all is well, 1 with a warning, 2 when something is critical, 3 when it cannot
    be told.
    """
    try:
        with opened_systems(**connection) as systems:
            line, code = _judge(systems, exact=exact)
    except Exit:
        # Some of the stores could not be opened; they are named on standard error.
        line, code = "UNKNOWN - not every store could be read", exit_codes.UNKNOWN
    except QueueTuiError as error:
        line, code = f"UNKNOWN - {hide_passwords(str(error))}", exit_codes.UNKNOWN
    write(f"QUEUETUI {sanitize(line, DETAIL_CAP)}")
    raise Exit(code)


def _judge(systems: Systems, *, exact: bool) -> tuple[str, int]:
    from queuetui.monitor.health import status_of

    read = judge_each(systems, exact=exact)
    findings = [(one.title if systems.are_many else "", finding) for one, health in read for finding in health.findings]
    word, code = {
        "healthy": ("OK", exit_codes.OK),
        "degraded": ("WARNING", exit_codes.WARNING),
        "unhealthy": ("CRITICAL", exit_codes.CRITICAL),
    }[status_of([finding for _, finding in findings]).value]
    perfdata = [
        figure for one, health in read for figure in _perfdata(health, f"{one.name}/" if systems.are_many else "")
    ]
    return f"{word} - {_summary(findings, [health for _, health in read])} | {' '.join(perfdata)}", code


def _summary(findings: Sequence[tuple[str, HealthFinding]], read: Sequence[Health]) -> str:
    """Return what is wrong, each finding behind its system's name where there are several, or the figures."""
    wrong = [(whose, finding) for whose, finding in findings if finding.severity > 1]
    if not wrong:
        queues = sum(len(health.queues) for health in read)
        depths = [queue.depth for health in read for queue in health.queues.values()]
        waiting = mark_count(add_counts(depths)) if depths else "0"
        live = sum(health.live_workers for health in read)
        return f"queues {queues}, waiting {waiting}, live workers {live}{_paused(read)}"
    worst = sorted(wrong, key=lambda one: -one[1].severity)[:_MOST_TOLD]
    told = "; ".join(f"{whose}: {finding.summary}" if whose else finding.summary for whose, finding in worst)
    return f"{told}; and {len(wrong) - _MOST_TOLD} more" if len(wrong) > _MOST_TOLD else told


def _paused(read: Sequence[Health]) -> str:
    """Return the paused queues as text, which are no fault."""
    names = [name for health in read for name, queue in sorted(health.queues.items()) if queue.is_paused]
    more = f" and {len(names) - _MOST_TOLD} more" if len(names) > _MOST_TOLD else ""
    return f", paused {', '.join(map(cell, names[:_MOST_TOLD]))}{more}" if names else ""


def _perfdata(health: Health, prefix: str) -> Iterator[str]:
    """Yield figures as monitoring plugins write them: 'label'=value and its unit."""
    yield _figure(f"{prefix}workers", health.live_workers, "")
    yield _figure(f"{prefix}active", health.active.value, "")
    if health.recent is not None:
        yield _figure(f"{prefix}error_rate", health.recent.error_rate, "")
        yield _figure(f"{prefix}average", health.recent.average_s, "s")
    for name, queue in sorted(health.queues.items()):
        yield _figure(f"{prefix}{name} depth", queue.depth.value, "")
        nothing_waits = queue.oldest_s is None and queue.depth.value == 0
        yield _figure(f"{prefix}{name} oldest", 0.0 if nothing_waits else queue.oldest_s, "s")


def _figure(label: str, value: float | None, unit: str) -> str:
    # Labels must not contain = or ', nor a bar, which begins the figures.
    safe = label.translate({ord("'"): "_", ord("="): "_", ord("|"): "_"})
    return f"'{safe}'={'U' if value is None else f'{value:.6g}{unit}'}"
