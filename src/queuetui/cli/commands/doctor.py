"""`queuetui doctor`: check a store."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click
from click.exceptions import Exit

from queuetui import __version__
from queuetui.cli import exit_codes
from queuetui.cli.access import access_to
from queuetui.cli.options import connection_options, format_options
from queuetui.cli.output import Format, say, show_rows, write
from queuetui.cli.session import backend_options, choose_profiles, flags_of, reaching, working_folder
from queuetui.cli.store_places import StorePlace, find_in
from queuetui.cli.systems import systems_of
from queuetui.cli.tables import FINDING_COLUMNS
from queuetui.config.profile import Profile
from queuetui.model.errors import QueueTuiError, SchemaTooNew, SchemaTooOld, Unreachable, Unsupported
from queuetui.model.examination import Check, Finding, Level, describe_finding
from queuetui.model.text import DETAIL_CAP, sanitize
from queuetui.model.urls import hide_passwords
from queuetui.operate.rights import require_writable

_CODES = {
    Level.OK: exit_codes.OK,
    Level.WARNING: exit_codes.WARNING,
    Level.CRITICAL: exit_codes.CRITICAL,
    Level.UNKNOWN: exit_codes.UNKNOWN,
}
T = TypeVar("T")
_LEVEL_CELLS = 10
_CHECK_CELLS = 14


@click.command()
@click.option("--self-test", "is_tested", is_flag=True, help="Run marked jobs through the queue, and delete them.")
@click.option("--app", metavar="MODULE[:OBJECT]", help="With --self-test: run the dry handlers of its job types too.")
@click.option("--serve-url", metavar="URL", help="With --self-test: ask the server there for health and metrics too.")
@click.option(
    "--bundle", type=click.Path(path_type=Path), metavar="FILE", help="Write a redacted incident bundle, one HTML file."
)
@format_options
@connection_options
def command(
    form: str, *, is_tested: bool, app: str | None, serve_url: str | None, bundle: Path | None, **connection: Any
) -> None:
    """Look the store over: versions, rights, tables, limits, clocks, workers, stuck jobs.

    Changes nothing, but with --self-test.

    Exits with 0 when all is well, 1 with a warning, 2 when something is critical, 3 when it could not be read.
    """
    from queuetui.monitor.checkup import worst

    if serve_url and not is_tested:
        message = "--serve-url is asked by the self-test; add --self-test"
        raise click.UsageError(message)
    if app and not is_tested:
        raise click.UsageError("--app names whose dry handlers the self-test runs; add --self-test")
    if serve_url and not serve_url.startswith(("http://", "https://")):
        message = "--serve-url must begin with http:// or https://, as in http://127.0.0.1:8787"
        raise click.UsageError(message)
    flags = flags_of(**connection)
    profiles = choose_profiles(flags)
    looks = [look for profile in profiles for look in _look_over(profile)]
    if is_tested:
        _load(app)
        looks += [_try(profile.name, partial(_try_out, profile)) for profile in profiles]
        looks += [Look(serve_url, tuple(_ask_server(serve_url)))] if serve_url else []
    if bundle is not None:
        _write_bundle(bundle, looks, profiles, flags.asked)
    are_many = len(looks) > 1
    rows = [{"backend": look.name, **describe_finding(finding)} for look in looks for finding in look.findings]
    if form == Format.TABLE:
        for look in looks:
            if are_many:
                write(sanitize(look.name, DETAIL_CAP))
            _write_lines(list(map(describe_finding, look.findings)))
    else:
        show_rows(rows, ("backend", *FINDING_COLUMNS) if are_many else FINDING_COLUMNS, Format(form))
    codes = [_CODES[worst(look.findings)] if look.code is None else look.code for look in looks]
    raise Exit(max(codes))


@dataclass(frozen=True, slots=True)
class Look:
    """The findings of one queue; `code` is the exit code where it could not be checked."""

    name: str
    findings: tuple[Finding, ...]
    code: int | None = None


def _look_over(profile: Profile) -> Iterator[Look]:
    """Yield the findings of each queue of a profile.

    Our own queue is opened whatever its schema version, as that is checked too.
    """
    from queuetui.monitor.checkup import check_up

    places = _try(profile.name, lambda: find_in(profile))
    if isinstance(places, Look):
        yield places
        return
    for place in places:

        def look(place: StorePlace = place) -> Look:
            with reaching(profile), closing(place.open_for_checkup()) as backend:
                access = access_to(place.profile, is_native=backend.inspector.capabilities.native)
                return Look(place.name, check_up(backend, profile.limits, __version__, access=access))

        yield _try(place.name, look)


def _write_bundle(file: Path, looks: Sequence[Look], profiles: Sequence[Profile], asked: str | None) -> None:
    from queuetui.cli.bundle.incident_file import write_bundle

    with systems_of(profiles, asked) as systems:
        write_bundle(file, list(systems), {look.name: look.findings for look in looks})
    say(f"incident bundle written to {file}; read it before you pass it on")


def _try_out(profile: Profile) -> Look:
    """Return the result of a self-test of our own queue; raises Denied for a read-only profile."""
    from queuetui.backends.registry import open_native
    from queuetui.cli.self_test.trial import Trial

    require_writable(profile.rights, profile.name, "nothing was tested")
    with reaching(profile), closing(open_native(profile.url, backend_options(profile))) as backend:
        return Look(profile.name, Trial(backend, profile.limits).run())


def _load(app: str | None) -> None:
    """Import the job types of an application; raises NotFound and BadConfig."""
    here = working_folder()
    if app is not None:
        from queuetui.engine.tasks import load_app

        sys.path.insert(0, str(here))
        load_app(app)


def _ask_server(url: str) -> Iterator[Finding]:
    from queuetui.cli.self_test.served import ask_server

    return ask_server(url)


def _try(name: str, look: Callable[[], T]) -> T | Look:
    try:
        return look()
    except Unreachable as error:
        return Look(name, _refused(error), exit_codes.UNREACHABLE)
    except (SchemaTooNew, SchemaTooOld, Unsupported) as error:
        return Look(name, _refused(error), exit_codes.CRITICAL)


def _refused(error: QueueTuiError) -> tuple[Finding, ...]:
    return (
        Finding(Check.REACHABLE, Level.CRITICAL, hide_passwords(str(error)), {}, "do what it says, and look again"),
    )


def _write_lines(rows: Sequence[Mapping[str, Any]]) -> None:
    """Write a line for each check, followed by the next step where something is wrong."""
    for row in rows:
        read = ", ".join(
            f"{name} {_shown(value)}" for name, value in row["evidence"].items() if value not in (None, [], {})
        )
        line = f"{row['level']:<{_LEVEL_CELLS}}{row['check']:<{_CHECK_CELLS}}{row['summary']}"
        write(sanitize(f"{line} ({read})" if read else line, DETAIL_CAP))
        if row["next"]:
            write(sanitize(f"{'':<{_LEVEL_CELLS + _CHECK_CELLS}}next: {row['next']}", DETAIL_CAP))


def _shown(value: object) -> str:
    """Return a value as one line, without the punctuation of JSON."""
    if isinstance(value, list):
        return "; ".join(map(_shown, value))
    if isinstance(value, Mapping):
        return " ".join(f"{name} {_shown(one)}" for name, one in value.items() if one is not None)
    return str(value)
