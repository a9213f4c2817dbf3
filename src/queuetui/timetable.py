"""Finds slots of cron expressions in time zones and of intervals, and missed ones.

Slots follow Debian's cron where clocks change. A fixed time in the skipped hour runs once, when the hour has been skipped; a fixed time
in the doubled hour runs once, the first time. Where the minute or the hour begins with `*` slots follow the clock that passes.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from queuetui.model.clock import from_us, to_us
from queuetui.model.schedule import LONGEST_NAME_CHARS, Missed, ScheduleSpec, Slot, Taking, Timing
from queuetui.model.zone import find_zone

CRON_FIELDS = 5
ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}
# A slot that is looked at within this time was not missed.
PUNCTUAL_S = 60.0
MOST_CAUGHT_UP = 100
SHORTEST_GRACE_S = PUNCTUAL_S
_MOMENT = timedelta(microseconds=1)
_MINUTE = timedelta(minutes=1)
_DAY_S = 86_400
# A hundred years: what lies further off is no date that a store can hold.
LONGEST_EVERY_S = 3_155_760_000
_WINDOWS = tuple(timedelta(hours=hours) for hours in (1, 24, 24 * 31, 24 * 366))


def check_spec(spec: ScheduleSpec) -> None:
    """Refuse what can never work; raises ValueError saying what to write instead."""
    if not spec.name.strip() or len(spec.name) > LONGEST_NAME_CHARS or not spec.name.isprintable():
        message = f"{spec.name[:40]!r} is no name for a schedule; use 1 to {LONGEST_NAME_CHARS} printable characters"
        raise ValueError(message)
    next_slot(spec.timing, datetime.now(UTC))


def next_slot(timing: Timing, after: datetime) -> datetime:
    """Return the first slot after a time.

    Raises ValueError for a timing that cannot be read or has no slot.
    """
    return next(_slots(timing, after))


def take(spec: ScheduleSpec, due_at: datetime, now: datetime) -> Taking:
    """Return what a due schedule is to make now: of the slots from `due_at` on, what its policy lets run.

    Raises ValueError.
    """
    kept_s = PUNCTUAL_S if spec.missed is Missed.SKIP else max(spec.grace_s, SHORTEST_GRACE_S)
    since = max(due_at, now - timedelta(seconds=kept_s))
    most = MOST_CAUGHT_UP if spec.missed is Missed.ALL and spec.overlap else 1
    slots = tuple(Slot(at, spec.make_job()) for at in _latest(spec.timing, since, now, most))
    return Taking(slots, next_slot(spec.timing, now))


def _latest(timing: Timing, since: datetime, until: datetime, most: int) -> tuple[datetime, ...]:
    """Return the last slots of a span, both ends included, without walking through all of a long one."""
    found: deque[datetime] = deque(maxlen=most)
    for window in (*_WINDOWS, until - since):
        start = max(since, until - window)
        found = deque(maxlen=most)
        for slot in _slots(timing, start - _MOMENT):
            if slot > until:
                break
            found.append(slot)
        if len(found) == most or start == since:
            break
    return tuple(found)


def _slots(timing: Timing, after: datetime) -> Iterator[datetime]:
    if timing.cron is not None:
        yield from _cron_slots(timing.cron, timing.tz, after)
        raise ValueError(f"the cron expression {timing.cron!r} names no day that comes; write one that does")
    if timing.every_s is None or timing.every_s < 1:
        raise ValueError("a schedule needs a cron expression, or a whole number of seconds of at least 1")
    if timing.every_s > LONGEST_EVERY_S:
        raise ValueError(f"a schedule every {timing.every_s} s is none that recurs; the longest is {LONGEST_EVERY_S} s")
    step_us = timing.every_s * 1_000_000
    slot_us = to_us(after) // step_us * step_us
    while True:
        slot_us += step_us
        yield from_us(slot_us)


def _cron_slots(cron: str, tz: str, after: datetime) -> Iterator[datetime]:
    expression = ALIASES.get(cron.strip().lower(), cron)
    if len(expression.split()) != CRON_FIELDS:
        raise ValueError(f"{cron[:80]!r} is no cron expression of five fields, as in '30 2 * * 1-5'")
    zone = find_zone(tz)
    try:
        CronSim(expression, _wall(zone, after))
    except CronSimError as error:
        raise ValueError(
            f"{cron[:80]!r} is no cron expression: {str(error).lower()}; write it like '30 2 * * 1-5'"
        ) from None
    follows = any(field.startswith("*") for field in expression.split()[:2])
    last = after
    for slot in (_follow_clock if follows else _keep_times)(expression, zone, after):
        # Where clocks are put back a wall time comes again, and where they are put forward several become one.
        if slot > last:
            last = slot
            yield slot


def _follow_clock(expression: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Yield each time that the passing clock shows one of the expression's.

    From one change of the clock to the next.
    """
    since, at = after, after
    while True:
        offset = at.astimezone(zone).utcoffset() or timedelta()
        change = None
        for wall in CronSim(expression, _wall(zone, at) if at == after else _wall(zone, at) - _MINUTE):
            slot = (wall - offset).replace(tzinfo=UTC)
            change = _next_change(zone, since, slot)
            if change is not None:
                break
            since = slot
            yield slot
        if change is None:
            return
        since = at = change


def _keep_times(expression: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Yield the times of an expression.

    The first of one that comes twice, and the change of the clock for one that it skips.
    """
    for wall in CronSim(expression, _wall(zone, after)):
        slot = wall.replace(tzinfo=zone).astimezone(UTC)
        if _wall(zone, slot) != wall:
            slot = _next_change(zone, slot - timedelta(days=1), slot) or slot
        yield slot


def _next_change(zone: ZoneInfo, after: datetime, until: datetime) -> datetime | None:
    """Return the first moment after a time at which a zone's clocks are changed.

    It lies at `until` at the latest.
    """
    low, end = math.floor(after.timestamp()), math.floor(until.timestamp())
    offset = _offset(zone, low)
    while low < end:
        high = min(low + _DAY_S, end)
        if _offset(zone, high) != offset:
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(zone, middle) == offset else (low, middle)
            return datetime.fromtimestamp(high, UTC)
        low = high
    return None


def _offset(zone: ZoneInfo, at_s: int) -> timedelta | None:
    return datetime.fromtimestamp(at_s, zone).utcoffset()


def _wall(zone: ZoneInfo, at: datetime) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None, fold=0)
