"""`queuetui demo`: the console on a running workload."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from queuetui.cli import exit_codes
from queuetui.cli.demo.scenarios import SCENARIOS, Scenario
from queuetui.cli.options import NumberRange
from queuetui.cli.output import Format, say, show_document
from queuetui.cli.store_places import find_in
from queuetui.model.document import describe_verdict
from queuetui.model.snapshot import Part, Watch
from queuetui.model.stats import describe_stats

if TYPE_CHECKING:
    from queuetui.monitor.feed import Feed

DEFAULT_SECONDS = 20.0


@click.command()
@click.option("--no-ui", is_flag=True, help="Without a screen; prints the figures at the end.")
@click.option("--seconds", type=NumberRange(min=0), help="How long without a screen.  [default: 20]")
@click.option(
    "--scenario", type=click.Choice(sorted(SCENARIOS)), help="One trouble, made for real, in place of the whole shop."
)
@click.option(
    "--server",
    metavar="URL",
    help="A PostgreSQL server on which blocked-by-lock makes a database of its own, and drops it at the end.",
)
def command(no_ui: bool, seconds: float | None, scenario: str | None, server: str | None) -> None:
    """Open the console on a living queue: jobs run, fail, hang and are orphaned.

    The queue is an SQLite file in a fresh temporary folder, never your own. It goes with its workers when the demo ends.
    """
    from queuetui.cli.commands.console import leave, show_console
    from queuetui.cli.demo.stage import await_life, playing

    if seconds is not None and not no_ui:
        raise click.UsageError("--seconds goes with --no-ui; the console is left with q")
    needs_server = scenario is not None and SCENARIOS[scenario].needs_server
    if needs_server and server is None:
        raise click.UsageError(
            f"{scenario} needs a PostgreSQL server: name one where you may make databases by --server URL"
        )
    if server is not None and not needs_server:
        raise click.UsageError("--server goes with --scenario blocked-by-lock; all else is made in a file")
    if not no_ui:
        from queuetui.tui.terminal import require_terminal

        require_terminal()
    say(
        "starting workers on a queue of their own ..."
        if scenario is None
        else f"{scenario}: {SCENARIOS[scenario].story}"
    )
    with playing(waits=no_ui, scenario=scenario, server=server) as place:
        profile = place.profile()
        feed = find_in(profile)[0].open(asked="admin", state=place.state).feed
        try:
            if scenario is not None and no_ui:
                _tell_verdict(feed, SCENARIOS[scenario])
                return
            if scenario is None:
                await_life(feed, say)
            if no_ui:
                _wait(DEFAULT_SECONDS if seconds is None else seconds)
                parts = frozenset({Part.COUNTS, Part.QUEUES, Part.WORKERS, Part.TALLY})
                show_document(describe_stats(feed.poll(Watch(parts=parts)).snapshot), Format.JSON)
                return
        finally:
            feed.close()
        hint = f"from another terminal: QUEUETUI_CONFIG={shlex.quote(str(place.settings))} queuetui stats"
        say(hint)
        code = show_console([profile], asked="admin", state=place.state, hint=hint)
    leave(code)


def _tell_verdict(feed: Feed, scenario: Scenario) -> None:
    """Wait for the verdict and print it; exits with 1 where it does not come."""
    from queuetui.cli.demo.stage import await_verdict, find_accused

    with _interrupted() as over:
        verdict = await_verdict(feed, scenario, over)
    accused = find_accused(feed) if scenario.attach is None else []
    if verdict is None:
        say(f"the verdict {scenario.code} did not come")
        raise Exit(exit_codes.REFUSED)
    show_document(describe_verdict(verdict), Format.JSON)
    if accused:
        say(f"and what is healthy is accused: {', '.join(f'{one.code}: {one.summary}' for one in accused)}")
        raise Exit(exit_codes.REFUSED)


def _wait(seconds: float) -> None:
    """Wait; a TERM or an INT ends the wait, and so the demo, early."""
    with _interrupted() as over:
        over.wait(seconds)


@contextmanager
def _interrupted() -> Iterator[Event]:
    """Let TERM and INT set an event within the block."""
    over = Event()
    before = {number: signal.signal(number, lambda *_: over.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield over
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
