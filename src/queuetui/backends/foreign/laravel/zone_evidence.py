"""Finds how far failed_at is from UTC: jobs fail before now, and after they were made."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

from sqlalchemy import Connection, Select, Table, func, select

from queuetui.backends.foreign.laravel.payload_text import text_of
from queuetui.backends.foreign.laravel.settings import ZONE, LaravelSettings
from queuetui.backends.foreign.laravel.tables import Tables, is_numbered
from queuetui.backends.payloads.laravel_payload import LaravelPayload, read_payload, seconds_of
from queuetui.backends.reading.zone_doubts import CLOCKS_DIFFER_S, QUARTER_S, hours_of, say_how
from queuetui.backends.sql.budget import fetch_within
from queuetui.backends.sql.clock import zone_as_read
from queuetui.backends.tables.codecs import Naive
from queuetui.model.clock import EPOCH

# With a deadline, nothing but that it has passed ends a job in this way.
_TOO_LATE = "MaxAttemptsExceededException"

# So many failures must agree; fewer may be rows that somebody wrote or moved.
AGREEING = 3
_LOOKED_AT = 50
_LOOK_S = 0.2
_PAYLOAD_CHARS = 64 * 1024
_WEST, _EAST = -12 * 4, 14 * 4  # in quarters of an hour
_CLASS_CHARS = 300
_UNPROVED = f"failed_at is taken as UTC, which no row proves; set {ZONE}"


@dataclass(frozen=True, slots=True)
class ZoneFound:
    """The zone that failures are told in, UTC where nothing else is proved, and what to say of it."""

    zone: tzinfo = UTC
    note: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """When a job failed by the application's clock, taken as UTC, and an earlier time in UTC, in seconds."""

    failed_s: float
    made_s: float | None


def with_zone(connection: Connection, settings: LaravelSettings, tables: Tables, now: datetime) -> LaravelSettings:
    """Return the settings with the zone of failures, which is found from these if it is not named."""
    if settings.timezone is UTC:
        evidence = find_zone(connection, tables, int(now.timestamp()))
        return replace(settings, timezone=evidence.zone, zone_note=evidence.note)
    if tables.failed is None:
        return settings
    place = (tables.failed.schema, tables.failed.name, "failed_at")
    return replace(settings, timezone=zone_as_read(connection, *place, settings.timezone, datetime.now(UTC)))


def find_zone(connection: Connection, tables: Tables, now_s: int) -> ZoneFound:
    """Judge by the newest failures, as far as the server gives them quickly."""
    failed = tables.failed
    if failed is None:
        return ZoneFound()
    newest = failed.c.id if is_numbered(failed) else failed.c.failed_at
    dialect = connection.dialect.name
    head = func.substr(text_of(failed.c.payload, dialect), 1, _PAYLOAD_CHARS)
    error = func.substr(text_of(failed.c.exception, dialect), 1, _CLASS_CHARS)
    chosen: Select[Any] = select(failed.c.failed_at, head, error).order_by(newest.desc()).limit(_LOOKED_AT)
    records: Sequence[Any] = fetch_within(connection, chosen, _LOOK_S) or ()
    read = [(at, _read_head(_text(head)), _text(error)) for at, head, error in records]
    batches = _batch_times(
        connection, tables.batches, {payload.batch_uuid for _, payload, _ in read if payload.batch_uuid}
    )
    failures = [
        Failure((failed_at - EPOCH).total_seconds(), known_before(payload, error, batches))
        for at, payload, error in read
        if (failed_at := _read_time(at)) is not None
    ]
    return judge_zone(failures, now_s)


def judge_zone(failures: Sequence[Failure], now_s: int) -> ZoneFound:
    """Return the one offset that fits all but two of the failures, or say what is known of it.

    Nothing where jobs failed soon after they were made, told in UTC.
    """
    ages = sorted((one.failed_s - now_s for one in failures), reverse=True)
    lives = sorted(one.failed_s - one.made_s for one in failures if one.made_s is not None)
    lowest = _WEST if len(ages) < AGREEING else math.ceil((ages[AGREEING - 1] - CLOCKS_DIFFER_S) / QUARTER_S)
    highest = _EAST if len(lives) < AGREEING else math.floor((lives[AGREEING - 1] + CLOCKS_DIFFER_S) / QUARTER_S)
    lowest, highest = max(lowest, _WEST), min(highest, _EAST)
    if highest == 0:
        return ZoneFound()
    if lowest <= 0 <= highest or lowest > highest:
        return ZoneFound(note=_UNPROVED)
    nearest = highest if highest < 0 else lowest
    ahead = "ahead of UTC" if nearest > 0 else "behind UTC"
    if lowest == highest:
        zone = timezone(timedelta(seconds=nearest * QUARTER_S))
        return ZoneFound(
            zone,
            f"the application's time is {hours_of(nearest)} h {ahead}, as its newest failures show, and is taken so; {say_how(ZONE)}",
        )
    return ZoneFound(
        UTC,
        f"failed_at is taken as UTC, but the application's time is {ahead} by {hours_of(nearest)} h or more; {say_how(ZONE)}",
    )


def _batch_times(connection: Connection, batches: Table | None, wanted: Collection[str]) -> dict[str, int]:
    """Return when batches were made, which is before the first of their jobs."""
    if batches is None or not wanted:
        return {}
    chosen: Select[Any] = select(batches.c.id, batches.c.created_at).where(batches.c.id.in_(sorted(wanted)))
    records: Sequence[Any] = fetch_within(connection, chosen, _LOOK_S) or ()
    return {str(batch): made for batch, made in records}


def _read_head(text: str) -> LaravelPayload:
    return read_payload(text, cut=len(text) >= _PAYLOAD_CHARS)


def _read_time(failed_at: object) -> datetime | None:
    return Naive(UTC).from_store(failed_at) if isinstance(failed_at, datetime | str) else None


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def known_before(payload: LaravelPayload, exception: str, batches: Mapping[str, int]) -> float | None:
    """Return the latest second since 1970 that the failure lies behind, None where nothing tells one."""
    told = [payload.batch_uuid and batches.get(payload.batch_uuid)]
    if _TOO_LATE in exception.partition(":")[0]:
        told.append(payload.retry_until)
    return max((*payload.times(), *(at for at in map(seconds_of, told) if at is not None)), default=None)
