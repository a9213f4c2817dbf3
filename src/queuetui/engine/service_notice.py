"""Tells a service manager that the worker is ready, alive and stopping, as sd_notify(3) does."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import MutableMapping

from queuetui.engine.logs import log_event
from queuetui.model.errors import words_of

# A watchdog wants to hear twice as often as it would wait.
_SHARE = 0.5
_SEND_S = 0.5


class ServiceNotice:
    """Datagrams to the manager's socket; nothing where no manager asked for them.

    A manager that does not listen harms nothing.
    """

    def __init__(self, address: str | None, watchdog_s: float | None = None) -> None:
        self._address = address
        self._every_s = None if watchdog_s is None else watchdog_s * _SHARE
        self._next_s = 0.0
        self._is_told_of_trouble = False

    @classmethod
    def of_this_process(cls, environment: MutableMapping[str, str]) -> ServiceNotice:
        """Return what the manager asked of this process.

        Its words are taken out of what children inherit.
        """
        address = environment.pop("NOTIFY_SOCKET", None)
        watchdog, owner = environment.pop("WATCHDOG_USEC", None), environment.pop("WATCHDOG_PID", None)
        is_ours = owner in {None, str(os.getpid())}
        watchdog_s = int(watchdog) / 1e6 if watchdog and watchdog.isascii() and watchdog.isdecimal() else 0.0
        return cls(address or None, watchdog_s if is_ours and watchdog_s > 0 else None)

    def ready(self) -> None:
        """Say that jobs are taken from now on."""
        self._send(f"READY=1\nMAINPID={os.getpid()}")

    def beat(self, now_s: float) -> None:
        """Say that the worker lives, when the watchdog wants to hear it."""
        if self._every_s is not None and now_s >= self._next_s:
            self._next_s = now_s + self._every_s
            self._send("WATCHDOG=1")

    def stopping(self, reason: str) -> None:
        """Say that no more jobs are taken."""
        self._send(f"STOPPING=1\nSTATUS=stopping: {reason}")

    def _send(self, words: str) -> None:
        if self._address is None:
            return
        # An address that begins with @ is of the abstract namespace.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.settimeout(_SEND_S)
                sender.sendto(words.encode(), address)
        except OSError as error:
            if not self._is_told_of_trouble:
                self._is_told_of_trouble = True
                log_event("service_manager_silent", logging.WARNING, error=words_of(error))
