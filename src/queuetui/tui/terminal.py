"""Ends the console when its terminal is gone or a signal asks for it."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from queuetui.model.errors import Unsupported

if TYPE_CHECKING:
    from textual.app import App

_LOOK_EVERY_S = 1.0
_GIVE_UP_S = 2.0
_ENDING_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


def require_terminal() -> None:
    """Raise Unsupported if this terminal cannot show the console; imports nothing of the console."""
    streams = (sys.__stdin__, sys.__stderr__)
    if os.environ.get("TERM", "") in {"", "dumb"} or not all(
        stream is not None and stream.isatty() for stream in streams
    ):
        message = (
            "the console needs a terminal that can move its cursor; "
            "without one use: queuetui stats, queuetui jobs, queuetui demo --no-ui"
        )
        raise Unsupported(message)


def has_few_colours(environment: Mapping[str, str]) -> bool:
    """Tell whether the terminal declares 16 colours or fewer."""
    if environment.get("COLORTERM", "").strip().lower() in {"truecolor", "24bit"}:
        return False
    chosen = environment.get("TEXTUAL_COLOR_SYSTEM", "auto")
    if chosen != "auto":
        return chosen in {"standard", "windows"}
    kind = environment.get("TERM", "").strip().lower()
    return not (kind.endswith(("256color", "direct")) or kind.rpartition("-")[2] == "kitty")


class TerminalWatch:
    """Ends the console on TERM, on HUP, and when its terminal is lost, even if HUP is ignored."""

    def __init__(self, app: App[int]) -> None:
        self._app = app
        self._stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Start to watch, if the console runs on a real terminal."""
        if self._app.is_headless:
            return
        self._loop = asyncio.get_running_loop()
        for number in _ENDING_SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._loop.add_signal_handler(number, self._end, number)
        threading.Thread(target=self._watch, name="queuetui-terminal", daemon=True).start()

    def stop(self) -> None:
        """Stop watching."""
        self._stopping.set()
        if self._loop is not None:
            for number in _ENDING_SIGNALS:
                self._loop.remove_signal_handler(number)

    def _end(self, number: int) -> None:
        self._app.exit(128 + number, return_code=128 + number)

    def _watch(self) -> None:
        stdin = sys.__stdin__
        if stdin is None:
            return
        is_gone = _make_gone_check(stdin.fileno())
        while not self._stopping.wait(_LOOK_EVERY_S):
            if is_gone():
                self._leave()

    def _leave(self) -> None:
        """End the application; if that hangs on the lost terminal, end the process."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end, signal.SIGHUP)
        if not self._stopping.wait(_GIVE_UP_S):
            os._exit(128 + signal.SIGHUP)


def _make_gone_check(descriptor: int) -> Callable[[], bool]:
    poller: Any = select.poll()
    poller.register(descriptor, select.POLLHUP | select.POLLERR)

    def is_gone() -> bool:
        hung_up = any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poller.poll(0))
        return hung_up or not os.isatty(descriptor)

    return is_gone
