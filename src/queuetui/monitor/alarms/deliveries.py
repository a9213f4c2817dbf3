"""Delivers changes of alarms to commands and webhooks.

Each kind of action has a thread of its own, so that a slow one delays nothing else.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from queuetui.model.errors import words_of
from queuetui.monitor.alarms.alarm import AlarmChange, describe_alarm_change

COMMAND_LIMIT_S = 30.0
# The most changes that wait for a slow action; later ones are dropped, and that is reported.
MOST_WAITING = 1_000
# The output of a command goes to standard error, because our own standard output may be data.
_STDERR = 2
_TOLD = ("turn", "store", "subject", "name", "code", "severity", "summary")


class Deliveries:
    """Runs one action for each change in turn; `act` returns why it failed, and `tell` is given that."""

    def __init__(self, act: Callable[[AlarmChange], str | None], tell: Callable[[str], object]) -> None:
        self._act = act
        self._tell = tell
        self._waiting: queue.Queue[AlarmChange | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name="queuetui-alarms", daemon=True)
        self._thread.start()

    def put(self, change: AlarmChange) -> None:
        """Queue a change for delivery."""
        try:
            self._waiting.put_nowait(change)
        except queue.Full:
            self._tell(f"nobody was told of {change.alarm.finding.code}: {MOST_WAITING:,} changes wait to be told")

    def finish(self, wait_s: float | None) -> None:
        """Deliver what waits, for at most `wait_s`; report how many changes were not delivered."""
        with suppress(queue.Full):
            self._waiting.put(None, timeout=wait_s)
        self._thread.join(wait_s)
        if self._thread.is_alive():
            self._tell(f"{max(1, self._waiting.qsize() - 1)} changes of alarms were not told in time")

    def _run(self) -> None:
        while (change := self._waiting.get()) is not None:
            try:
                why = self._act(change)
            except Exception as error:  # noqa: BLE001 - one change that cannot be told must not end the telling
                why = f"a fault in queuetui itself ({type(error).__name__}); please report it"
            if why is not None:
                self._tell(why)


def run_command(words: Sequence[str], change: AlarmChange) -> str | None:
    """Run a command with the change as JSON on its input and in its environment; return why it failed."""
    document = describe_alarm_change(change)
    facts = {f"QUEUETUI_ALARM_{name.upper()}": str(document[name]) for name in _TOLD}
    try:
        child = subprocess.Popen(
            list(words), stdin=subprocess.PIPE, stdout=_STDERR, env={**os.environ, **facts}, start_new_session=True
        )
    except (OSError, ValueError) as error:
        return f"the command {words[0]} cannot be run ({words_of(error)})"
    return _await(child, words[0], document)


def _await(child: subprocess.Popen[bytes], name: str, document: Mapping[str, object]) -> str | None:
    try:
        child.communicate(json.dumps(document).encode(), timeout=COMMAND_LIMIT_S)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        return f"the command {name} was ended: it took longer than {COMMAND_LIMIT_S:.0f} s"
    return None if child.returncode == 0 else f"the command {name} ended with {child.returncode}"
