"""Checks once a minute that the server's settings, which may change, still make writes durable."""

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
    """Logs when a server begins and stops to risk jobs; silent where the profile allows loss."""

    def __init__(self, server: Server, every_s: float = LOOK_EVERY_S) -> None:
        self._server = server
        self._every_s = every_s
        self._look_at_s = time.monotonic() + every_s
        self._complaint = ""

    def look(self) -> None:
        """Check the server if the last check is a minute old."""
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
