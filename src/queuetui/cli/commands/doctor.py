"""`queuetui doctor`: look a store over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

import rich_click as click
from click.exceptions import Exit

from queuetui import __version__
from queuetui.cli import exit_codes
from queuetui.cli.options import connection_options, format_options
from queuetui.cli.output import Format, show_rows, write
from queuetui.cli.session import backend_options, choose_profile, flags_of, reaching
from queuetui.cli.tables import FINDING_COLUMNS
from queuetui.config.profile import Profile
from queuetui.model.errors import QueueTuiError, SchemaTooNew, Unreachable, Unsupported
from queuetui.model.examination import Check, Finding, Level, describe_finding
from queuetui.model.text import DETAIL_CAP, sanitize
from queuetui.model.urls import hide_passwords

_CODES = {
    Level.OK: exit_codes.OK,
    Level.WARNING: exit_codes.WARNING,
    Level.CRITICAL: exit_codes.CRITICAL,
    Level.UNKNOWN: exit_codes.UNKNOWN,
}
_LEVEL_CELLS = 10
_CHECK_CELLS = 14


@click.command()
@format_options
@connection_options
def command(form: str, **connection: Any) -> None:
    """Look the store over: versions, durability, old snapshots, limits, clocks, workers. Changes nothing.

    Exits with 0 when all is well, 1 with a warning, 2 when something is critical, 3 when it could not be read.
    """
    from queuetui.monitor.checkup import worst

    profile = choose_profile(flags_of(**connection))
    try:
        findings, code = _look_over(profile), None
    except Unreachable as error:
        findings, code = _refused(error), exit_codes.UNREACHABLE
    except (SchemaTooNew, Unsupported) as error:
        findings, code = _refused(error), exit_codes.CRITICAL
    rows = list(map(describe_finding, findings))
    if form == Format.TABLE:
        _write_lines(rows)
    else:
        show_rows(rows, FINDING_COLUMNS, Format(form))
    raise Exit(_CODES[worst(findings)] if code is None else code)


def _look_over(profile: Profile) -> tuple[Finding, ...]:
    from queuetui.backends.discover import open_for_checkup
    from queuetui.monitor.checkup import check_up

    with reaching(profile), closing(open_for_checkup(profile.url, backend_options(profile))) as backend:
        return check_up(backend, profile.limits, __version__)


def _refused(error: QueueTuiError) -> tuple[Finding, ...]:
    return (
        Finding(
            Check.REACHABLE, Level.CRITICAL, hide_passwords(str(error)), {}, "check the URL and that the store runs"
        ),
    )


def _write_lines(rows: Sequence[Mapping[str, Any]]) -> None:
    """Write a line a check, and below those that are not well what to do."""
    for row in rows:
        read = ", ".join(
            f"{name} {_shown(value)}" for name, value in row["evidence"].items() if value not in (None, [])
        )
        line = f"{row['level']:<{_LEVEL_CELLS}}{row['check']:<{_CHECK_CELLS}}{row['summary']}"
        write(sanitize(f"{line} ({read})" if read else line, DETAIL_CAP))
        if row["next"]:
            write(sanitize(f"{'':<{_LEVEL_CELLS + _CHECK_CELLS}}next: {row['next']}", DETAIL_CAP))


def _shown(value: object) -> str:
    """Return a value that was read in one line, without the punctuation of JSON."""
    if isinstance(value, list):
        return "; ".join(map(_shown, value))
    if isinstance(value, Mapping):
        return " ".join(f"{name} {_shown(one)}" for name, one in value.items() if one is not None)
    return str(value)
