"""Tells a service manager that the worker is ready, alive and stopping, as sd_notify(3) does."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import MutableMapping

from queuetui.engine.logs import log_event
from queuetui.model.errors import words_of

# The watchdog is notified twice within its timeout, as sd_watchdog_enabled(3) recommends.
_SHARE = 0.5
_SEND_S = 0.5


class ServiceNotice:
    """Sends datagrams to the service manager's socket; does nothing without one.

    Errors of sending are ignored.
    """

    def __init__(self, address: str | None, watchdog_s: float | None = None) -> None:
        self._address = address
        self._every_s = None if watchdog_s is None else watchdog_s * _SHARE
        self._next_s = 0.0
        self._is_told_of_trouble = False

    @classmethod
    def of_this_process(cls, environment: MutableMapping[str, str]) -> ServiceNotice:
        """Return the notice that the manager's environment variables ask for.

        The variables are removed from the environment, so that children do not inherit them.
        """
        address = environment.pop("NOTIFY_SOCKET", None)
        watchdog, owner = environment.pop("WATCHDOG_USEC", None), environment.pop("WATCHDOG_PID", None)
        is_ours = owner in {None, str(os.getpid())}
        watchdog_s = int(watchdog) / 1e6 if watchdog and watchdog.isascii() and watchdog.isdecimal() else 0.0
        return cls(address or None, watchdog_s if is_ours and watchdog_s > 0 else None)

    def ready(self) -> None:
        """Notify that the worker is ready for jobs."""
        self._send(f"READY=1\nMAINPID={os.getpid()}")

    def beat(self, now_s: float) -> None:
        """Notify the watchdog that the worker is alive, when that is due."""
        if self._every_s is not None and now_s >= self._next_s:
            self._next_s = now_s + self._every_s
            self._send("WATCHDOG=1")

    def stopping(self, reason: str) -> None:
        """Notify that the worker is stopping."""
        self._send(f"STOPPING=1\nSTATUS=stopping: {reason}")

    def _send(self, words: str) -> None:
        if self._address is None:
            return
        # An address that begins with @ is in the abstract namespace.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.settimeout(_SEND_S)
                sender.sendto(words.encode(), address)
        except OSError as error:
            if not self._is_told_of_trouble:
                self._is_told_of_trouble = True
                log_event("service_manager_silent", logging.WARNING, error=words_of(error))
