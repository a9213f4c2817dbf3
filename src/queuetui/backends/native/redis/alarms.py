"""Checks once a minute that the server still keeps what it is given: its settings may change."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from queuetui.backends.native.redis.durability import LOSSY_SETTING, read_durability

if TYPE_CHECKING:
    from queuetui.backends.native.redis.server import Server

LOGGER = logging.getLogger("queuetui.store")
LOOK_EVERY_S = 60.0


class DurabilityAlarm:
    """Says when a server begins to risk jobs, and when it stops; silent if the profile allows loss."""

    def __init__(self, server: Server, every_s: float = LOOK_EVERY_S) -> None:
        self._server = server
        self._every_s = every_s
        self._look_at_s = time.monotonic() + every_s
        self._complaint = ""

    def look(self) -> None:
        """Look if it is time."""
        if time.monotonic() < self._look_at_s:
            return
        self._look_at_s = time.monotonic() + self._every_s
        complaint = read_durability(self._server).complaint
        before, self._complaint = self._complaint, complaint
        if complaint == before or self._server.options.settings.get(LOSSY_SETTING) == "true":
            return
        if complaint:
            LOGGER.error("the server may lose jobs from now on: %s", complaint)
        else:
            LOGGER.warning("the server keeps its jobs again")
