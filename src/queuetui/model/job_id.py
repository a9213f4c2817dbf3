"""Ids of jobs, made by the client, and the ranges in which a short id lies.

The last six digits of an id that is made here are no chance: they are its time, mixed so that neighbours look unlike. So a short id
names a few narrow spans of ids, one every four minutes of the past, and needs no index of its own.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from threading import Lock
from uuid import UUID

TAIL_DIGITS = 6

_LOCK = Lock()
# Not the module's own, which a program may seed; a forked child would go on with its parent's.
_CHANCE = random.Random()
os.register_at_fork(after_in_child=_CHANCE.seed)
# Nor may a child be born while another thread holds the lock, which nobody would ever release there.
os.register_at_fork(before=_LOCK.acquire, after_in_parent=_LOCK.release, after_in_child=_LOCK.release)
_NS_PER_MS = 1_000_000
# 48 bits of milliseconds and 12 bits of a fraction: a tick is about a quarter of a microsecond.
_TICKS_PER_MS = 1 << 12
# All ids of one slot end alike, so a process makes one id a slot of 16 microseconds.
_SLOT_TICKS = 1 << 6
_TAILS = 1 << 4 * TAIL_DIGITS
_MIX = 0x9E3779
_UNMIX = pow(_MIX, -1, _TAILS)
_last_tick = 0

# The lowest and the highest id of a stretch of ids.
Span = tuple[str, str]


def new_job_id() -> str:
    """Return a UUIDv7 as text, greater than every one this process made before."""
    global _last_tick  # noqa: PLW0603 - the clock of the whole process
    with _LOCK:
        tick = _last_tick = max(_last_tick + _SLOT_TICKS, time.time_ns() * _TICKS_PER_MS // _NS_PER_MS)
    # Head and rest in one go: after an idle every call more is felt.
    chance, tail = _CHANCE.getrandbits(38), tick // _SLOT_TICKS * _MIX % _TAILS
    return (
        f"{tick >> 28:08x}-{tick >> 12 & 0xFFFF:04x}-{0x7000 | tick & 0xFFF:04x}-"
        f"{0x8000 | chance >> 24:04x}-{(chance & 0xFFFFFF) << 24 | tail:012x}"
    )


def new_job_ids(count: int) -> list[str]:
    """Return ids as `new_job_id` makes them, each greater than the one before it."""
    global _last_tick  # noqa: PLW0603 - the clock of the whole process
    with _LOCK:
        first = max(_last_tick + _SLOT_TICKS, time.time_ns() * _TICKS_PER_MS // _NS_PER_MS)
        _last_tick = first + (count - 1) * _SLOT_TICKS if count else _last_tick
    ids, end = [], first + count * _SLOT_TICKS
    while first < end:
        # All ids of one millisecond begin alike.
        beginning, next_ms = _head(first)[:-3], (first // _TICKS_PER_MS + 1) * _TICKS_PER_MS
        ticks = range(first, min(end, next_ms), _SLOT_TICKS)
        ids += [f"{beginning}{tick & 0xFFF:03x}-{_rest(tick)}" for tick in ticks]
        first = ticks[-1] + _SLOT_TICKS
    return ids


def spans_ending_in(tail: str, newest_ms: int, oldest_ms: int) -> Iterator[Span]:
    """Yield, newest first, the ranges of ids whose last six digits are `tail`.

    They hold the ids that were made here in that time.
    """
    newest, oldest = (at_ms * _TICKS_PER_MS // _SLOT_TICKS for at_ms in (newest_ms, oldest_ms))
    slot = newest - (newest - int(tail, 16) * _UNMIX) % _TAILS
    while slot >= max(0, oldest):
        tick = slot * _SLOT_TICKS
        yield f"{_head(tick)}-0000-000000000000", f"{_head(tick + _SLOT_TICKS - 1)}-ffff-ffffffffffff"
        slot -= _TAILS


def time_ms(job_id: str) -> int:
    """Return the milliseconds since 1970 that an id begins with, where it is one made here."""
    return int(job_id.replace("-", "")[:12], 16)


def usual_spelling(text: str) -> str:
    """Return a UUID in its usual spelling, so that an id is one text everywhere; any other text as it is."""
    try:
        return str(UUID(text))
    except ValueError:
        return text


def _rest(tick: int) -> str:
    chance, tail = _CHANCE.getrandbits(38), tick // _SLOT_TICKS * _MIX % _TAILS
    return f"{0x8000 | chance >> 24:04x}-{(chance & 0xFFFFFF) << 24 | tail:012x}"


def _head(tick: int) -> str:
    return f"{tick >> 28:08x}-{tick >> 12 & 0xFFFF:04x}-{0x7000 | tick & 0xFFF:04x}"
