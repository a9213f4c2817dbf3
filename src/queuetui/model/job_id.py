"""Ids of jobs, made by who enqueues."""

from __future__ import annotations

import os
import time
from threading import Lock

_LOCK = Lock()
_NS_PER_MS = 1_000_000
_last_tick = 0


def new_job_id() -> str:
    """Return a UUIDv7 as text, greater than every one this process made before."""
    global _last_tick  # noqa: PLW0603 - the clock of the whole process
    milliseconds, rest_ns = divmod(time.time_ns(), _NS_PER_MS)
    with _LOCK:
        # 48 bits of milliseconds and 12 bits of a fraction: a tick is about a quarter of a microsecond.
        _last_tick = max(_last_tick + 1, milliseconds << 12 | rest_ns * 4096 // _NS_PER_MS)
        tick = _last_tick
    chance = int.from_bytes(os.urandom(8)) >> 2
    rest = f"{1 << 63 | chance:016x}"
    return f"{tick >> 28:08x}-{tick >> 12 & 0xFFFF:04x}-{0x7000 | tick & 0xFFF:04x}-{rest[:4]}-{rest[4:]}"
