"""`queuetui demo`: the console on a living workload."""

from __future__ import annotations

import shlex
import signal
from threading import Event

import rich_click as click

from queuetui.cli.options import NumberRange
from queuetui.cli.output import Format, say, show_document
from queuetui.cli.systems import find_in
from queuetui.model.snapshot import Part, Watch
from queuetui.model.stats import describe_stats

DEFAULT_SECONDS = 20.0


@click.command()
@click.option("--no-ui", is_flag=True, help="Without a screen; prints the figures at the end.")
@click.option("--seconds", type=NumberRange(min=0), help="How long without a screen.  [default: 20]")
def command(no_ui: bool, seconds: float | None) -> None:
    """Open the console on a living queue: jobs run, fail, hang and are orphaned.

    The queue is an SQLite file in a fresh temporary folder, never your own. It goes with its workers when the demo ends.
    """
    from queuetui.cli.commands.console import leave, show_console
    from queuetui.cli.demo.stage import await_life, playing

    if seconds is not None and not no_ui:
        raise click.UsageError("--seconds goes with --no-ui; the console is left with q")
    if not no_ui:
        from queuetui.tui.terminal import require_terminal

        require_terminal()
    say("starting workers on a queue of their own ...")
    with playing(waits=no_ui) as place:
        profile = place.profile()
        feed = find_in(profile)[0].open(operate=True, state=place.state).feed
        try:
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
        code = show_console([profile], operate=True, state=place.state, hint=hint)
    leave(code)


def _wait(seconds: float) -> None:
    """Wait; a TERM or an INT ends the wait, and so the demo, early."""
    over = Event()
    before = {number: signal.signal(number, lambda *_: over.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        over.wait(seconds)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
