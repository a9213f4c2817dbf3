"""`queuetui watch-alarms`: runs actions when alarms about the queues are raised and cleared."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import rich_click as click

from queuetui.cli.alarm_teller import AlarmTeller
from queuetui.cli.options import connection_options, format_options, positive_duration, take_connection
from queuetui.cli.output import Format, cell, say, show_rows, write
from queuetui.cli.session import choose_profiles, flags_of
from queuetui.config.paths import state_folder
from queuetui.model.text import DETAIL_CAP, sanitize

if TYPE_CHECKING:
    from queuetui.model.alarm_actions import AlarmActions
    from queuetui.monitor.alarms.alarm import AlarmChange

COLUMNS = (
    "at",
    "turn",
    "severity",
    "store",
    "subject",
    "name",
    "code",
    "summary",
    "next",
    "raised_at",
    "silenced",
    "evidence",
)
ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# Actions that still run when the program is told to end get this long.
_LAST_WORDS_S = 15.0


@click.command()
@click.option("--every", "every_s", type=positive_duration, default="10s", show_default=True, help="Look so often.")
@click.option("--once", is_flag=True, help="Look once, tell what changed since the last look, and end; for cron.")
@click.option("--bell", is_flag=True, help="Ring the terminal's bell when an alarm is raised.")
@click.option(
    "--command", "words", metavar="COMMAND", help="Run this for every change; it gets the alarm as JSON on its input."
)
@click.option("--webhook", metavar="URL", help="Post every change to this address, signed.")
@click.option(
    "--webhook-secret-env", "secret_env", metavar="NAME", help="The environment variable with the secret for it."
)
@format_options
@connection_options
def command(every_s: float, once: bool, form: str, **given: Any) -> None:
    """Watch the queues and tell when something is wrong and when it is over, until TERM, HUP or Ctrl+C.

    The limits, the actions and the windows of silence are in [profiles.NAME.alarms] of the settings. What stands is kept, so that
    no alarm is told twice.
    """
    from queuetui.monitor.observations import Observations

    profiles = choose_profiles(flags_of(**take_connection(given)))
    profiles = tuple(replace(one, alarm_actions=_actions(one.alarm_actions, **given)) for one in profiles)
    observations = Observations(state_folder())
    if observations.problem:
        say(observations.problem)
    over = threading.Event()
    tellers = [AlarmTeller(profile, observations, over) for profile in profiles]
    lines = Format.NDJSON if form == Format.JSON and not once else Format(form)
    with _ended_by_signals(over):
        headed = True
        while not over.is_set():
            changes = [change for teller in tellers for change in teller.look()]
            if changes or once:
                _write(changes, lines, headed=headed)
                headed = False
            if once or over.wait(every_s):
                break
        for teller in tellers:
            teller.close(None if once else _LAST_WORDS_S)
    observations.close()


def _actions(
    settings: AlarmActions, bell: bool, words: str | None, webhook: str | None, secret_env: str | None
) -> AlarmActions:
    """Return the actions of the settings, overridden by those of the command line."""
    import shlex

    from queuetui.config.alarm_actions import read_webhook

    try:
        command_words = settings.command if words is None else tuple(shlex.split(words))
        found = settings.webhook
        if webhook is not None or secret_env is not None:
            found = read_webhook(webhook, secret_env)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    return replace(settings, bell=bell or settings.bell, command=command_words, webhook=found)


def _write(changes: Iterable[AlarmChange], form: Format, *, headed: bool) -> None:
    from queuetui.monitor.alarms.alarm import describe_alarm_change

    rows = [describe_alarm_change(change) for change in changes]
    if form is Format.TABLE:
        for row in rows:
            write(_sentence(row))
    else:
        show_rows(rows, COLUMNS, form, headed=headed)
    # Without this a pipe gets nothing until a block is full.
    sys.stdout.flush()


def _sentence(row: dict[str, Any]) -> str:
    turn = f"{row['turn']}, silenced" if row["silenced"] else row["turn"]
    head = f"{row['at'][:19].replace('T', ' ')}  {turn:<8}  {row['severity']:<8}  {cell(row['store'])}"
    step = f"; next: {row['next']}" if row["next"] and row["turn"] != "cleared" else ""
    return sanitize(f"{head}  {row['code']}  {row['summary']}{step}", DETAIL_CAP)


@contextmanager
def _ended_by_signals(over: threading.Event) -> Iterator[None]:
    """Let TERM, INT and HUP end the watch cleanly; under nohup HUP stays ignored."""
    ending = [number for number in ENDING if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, lambda *_: over.set()) for number in ending}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
