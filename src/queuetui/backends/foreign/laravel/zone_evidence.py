"""Finds out how far failed_at is from UTC.

A job fails after it was made and before now, which the server's clock and payloads tell.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, TableClause, func, select

from queuetui.backends.foreign.laravel.payload import read_payload
from queuetui.backends.foreign.laravel.tables import text_of
from queuetui.backends.sql.budget import fetch_within
from queuetui.backends.tables.codecs import Naive
from queuetui.model.clock import EPOCH

# So many failures must agree; fewer may be rows that somebody wrote or moved.
AGREEING = 3
_LOOKED_AT = 50
_LOOK_S = 0.2
_PAYLOAD_CHARS = 64 * 1024
_QUARTER_S = 900
_CLOCKS_DIFFER_S = 60
_WEST, _EAST = -12 * 4, 14 * 4  # in quarters of an hour
_SET_IT = "set laravel.timezone to the application's own time zone, such as America/New_York"


@dataclass(frozen=True, slots=True)
class ZoneFound:
    """The zone that failures are told in, UTC where nothing else is proved, and what to say of it."""

    zone: tzinfo = UTC
    note: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """When a job failed by the application's clock, taken as UTC, and when it was made, in seconds since 1970."""

    failed_s: float
    made_s: float | None


def find_zone(connection: Connection, failed: TableClause | None, now_s: int) -> ZoneFound:
    """Judge by the newest failures, as far as the server gives them quickly."""
    if failed is None:
        return ZoneFound()
    newest = failed.c.id if isinstance(failed.c.id.type, BigInteger) else failed.c.failed_at
    head = func.substr(text_of(failed.c.payload, connection.dialect.name), 1, _PAYLOAD_CHARS)
    chosen: Select[Any] = select(failed.c.failed_at, head).order_by(newest.desc()).limit(_LOOKED_AT)
    records: Sequence[Any] = fetch_within(connection, chosen, _LOOK_S) or ()
    return judge_zone([failure for at, text in records for failure in _read_failure(at, text)], now_s)


def judge_zone(failures: Sequence[Failure], now_s: int) -> ZoneFound:
    """Return the one offset that fits all but two of the failures, or say what is known of it.

    Nothing where UTC fits.
    """
    ages = sorted((one.failed_s - now_s for one in failures), reverse=True)
    lives = sorted(one.failed_s - one.made_s for one in failures if one.made_s is not None)
    lowest = _WEST if len(ages) < AGREEING else math.ceil((ages[AGREEING - 1] - _CLOCKS_DIFFER_S) / _QUARTER_S)
    highest = _EAST if len(lives) < AGREEING else math.floor((lives[AGREEING - 1] + _CLOCKS_DIFFER_S) / _QUARTER_S)
    lowest, highest = max(lowest, _WEST), min(highest, _EAST)
    if lowest <= 0 <= highest or lowest > highest:
        return ZoneFound()
    nearest = highest if highest < 0 else lowest
    ahead = "ahead of UTC" if nearest > 0 else "behind UTC"
    hours, rest = divmod(abs(nearest), 4)
    if lowest == highest:
        zone = timezone(timedelta(seconds=nearest * _QUARTER_S))
        return ZoneFound(
            zone,
            f"the application's time is {hours}:{rest * 15:02} h {ahead}, as its newest failures show, and is taken so; {_SET_IT}",
        )
    return ZoneFound(
        UTC,
        f"failed_at is taken as UTC, but the application's time is {ahead} by {hours}:{rest * 15:02} h or more; {_SET_IT}",
    )


def _read_failure(failed_at: object, payload: object) -> Iterable[Failure]:
    at = Naive(UTC).from_store(failed_at) if isinstance(failed_at, datetime | str) else None
    if at is None:
        return
    text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else str(payload)
    made = read_payload(text, cut=len(text) >= _PAYLOAD_CHARS, brief=True).fields
    known = [one for one in (_seconds(made.get(name)) for name in ("pushedAt", "createdAt")) if one is not None]
    yield Failure((at - EPOCH).total_seconds(), max(known, default=None))


def _seconds(value: object) -> float | None:
    """Return a time as Laravel writes it (a whole number) or Horizon does (a text with a fraction)."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        at = float(value)
    except ValueError:
        return None
    return at if 0 < at < 2**37 else None
