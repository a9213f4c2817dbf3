"""Sums over a past span of time, from the tally's minutes on Redis."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING

from queuetui.backends.native.odd_values import read_moment, read_number
from queuetui.backends.native.redis.jobs import read_fields
from queuetui.backends.native.redis.pictures import TALLY, Wanted, picture_values
from queuetui.backends.reading.histories import PagedHistories
from queuetui.model.histories import TOOK_STEPS, RunMinute
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from queuetui.backends.backend import Backend
    from queuetui.backends.native.redis.pictures import Reply
    from queuetui.backends.native.redis.server import Server

# The tally keeps minutes for this long.
_MOST_MINUTES = 8 * 24 * 60
_NAMES = 3
_FIGURES = ("completed", "failed", "retried", "lost")


class RedisHistories(PagedHistories):
    """The Histories of our own queue on Redis."""

    def __init__(self, server: Server, backend: Backend) -> None:
        super().__init__(backend.inspector, server.options.limits)
        self._server = server

    def run_minutes(self, since: datetime) -> tuple[RunMinute, ...]:
        """Return the runs that ended since a minute."""
        wanted = picture_values(Wanted(TALLY, _MOST_MINUTES, since), self._server.options.limits)
        reply: Reply = self._server.read("reading what ended", "picture", *wanted)
        # Only the tally's minutes are read of the picture.
        found = [
            one
            for minute, flat in reply[7]
            if (at := read_moment(minute)) >= since
            for one in _read_minute(at, read_fields(flat))
        ]
        return tuple(found)


def _read_minute(minute: datetime, fields: dict[str, str]) -> list[RunMinute]:
    sums: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for name, value in fields.items():
        figure, *rest = name.split("\0")
        if len(rest) == _NAMES - 1:
            sums[rest[0], rest[1]][figure] = read_number(value)
    return [_to_minute(minute, queue, kind, own) for (queue, kind), own in sums.items()]


def _to_minute(minute: datetime, queue: str, job_type: str, figures: dict[str, int]) -> RunMinute:
    took = tuple(figures.get(f"took_{step}", 0) for step in range(TOOK_STEPS))
    counts = {name: figures.get(name, 0) for name in _FIGURES}
    return RunMinute(
        minute, Untrusted(queue), Untrusted(job_type), **counts, busy_s=figures.get("busy_us", 0) / 1e6, took=took
    )
