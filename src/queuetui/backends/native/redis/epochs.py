"""Notices a restart of the server before the next claim.

A server that flushes each second may have lost its last one: claims and leases that workers still go by. So for one lease after a
restart nothing is claimed; a worker whose lease was forgotten has ended its runs by then.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from queuetui.backends.native.redis.scripts import load_script
from queuetui.backends.redis.connections import Connection, Value, ask_on

LOGGER = logging.getLogger("queuetui.store")
_FLUSHES_EACH_WRITE = "always"


class EpochWatch:
    """Checks every new connection: after a restart all connections are new."""

    def __init__(self, meta: str) -> None:
        self._meta = meta
        self._run = ""

    def meet(self, connection: Connection) -> None:
        """Record which run of the server the connection leads to."""
        run = self._read_run(connection)
        if run in {"", self._run}:
            return
        pause_us = self._note(connection, run)
        self._run = run
        if pause_us:
            LOGGER.warning(
                "the server was restarted and may have forgotten its last second: nothing is claimed for %.1f s",
                pause_us / 1e6,
            )

    def _read_run(self, connection: Connection) -> str:
        report = _told(connection, "INFO", "server")
        lines = b"" if report is None else report
        return next((line[7:].decode() for line in lines.splitlines() if line.startswith(b"run_id:")), "")

    def _note(self, connection: Connection, run: str) -> int:
        told: Sequence[bytes] = _told(connection, "CONFIG", "GET", "appendfsync") or ()
        is_safe = _FLUSHES_EACH_WRITE.encode() in told[1::2]
        return int(ask_on(connection, "EVAL", load_script("epoch").source, 1, self._meta, run, int(is_safe)))


def _told(connection: Connection, *values: Value) -> Any:  # noqa: ANN401 - each command has its own answer
    """Return the answer, None where this user may not ask for it."""
    from redis.exceptions import ResponseError

    try:
        return ask_on(connection, *values)
    except ResponseError:
        return None
