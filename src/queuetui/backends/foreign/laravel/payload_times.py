"""Times in UTC that stand in a payload and lie before its failure, whatever the application's time zone is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from queuetui.backends.foreign.laravel.payload import LaravelPayload
from queuetui.backends.payloads.php_values import PhpObject, PhpValue
from queuetui.model.clock import EPOCH

# Who writes them: Horizon, Laravel from 12 on, Sentry.
_MADE = ("pushedAt", "createdAt", "sentry_publish_time")
_TIMED_UUID = 7
_BY_OFFSET, _BY_NAME = 1, 3
# With a deadline, nothing but that it has passed ends a job in this way.
_TOO_LATE = "MaxAttemptsExceededException"


def known_before(payload: LaravelPayload, exception: str, batches: Mapping[str, int]) -> float | None:
    """Return the latest second since 1970 that the failure lies behind, None where nothing tells one."""
    return max(_times(payload, exception, batches), default=None)


def _times(payload: LaravelPayload, exception: str, batches: Mapping[str, int]) -> Iterator[float]:
    told = [payload.fields.get(name) for name in _MADE]
    told.append(None if payload.batch_uuid is None else batches.get(payload.batch_uuid))
    if _TOO_LATE in exception.partition(":")[0]:
        told.append(payload.retry_until)
    yield from (at for at in map(_seconds, told) if at is not None)
    yield from _of_uuid(payload.uuid)
    delay = None if payload.command is None else payload.command.find("delay")
    due_at = _read_date(delay)
    if due_at is not None:
        yield (due_at - EPOCH).total_seconds()


def _of_uuid(text: str | None) -> Iterator[float]:
    try:
        uuid = UUID(text or "")
    except ValueError:
        return
    if uuid.version == _TIMED_UUID:
        yield (uuid.int >> 80) / 1000


def _read_date(value: PhpValue) -> datetime | None:
    """Return the time that an object of PHP's DateTime or Carbon is, as far as it names its zone in full."""
    if not isinstance(value, PhpObject):
        return None
    date, kind, named = (value.properties.get(name) for name in ("date", "timezone_type", "timezone"))
    if not isinstance(date, str) or not isinstance(named, str) or kind not in (_BY_OFFSET, _BY_NAME):
        return None
    try:
        zone = _read_offset(named) if kind == _BY_OFFSET else ZoneInfo(named)
        return datetime.fromisoformat(date).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError, ZoneInfoNotFoundError):
        return None


def _read_offset(text: str) -> tzinfo:
    hours, _, minutes = text[1:].partition(":")
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return timezone(-offset if text.startswith("-") else offset)


def _seconds(value: object) -> float | None:
    """Return a time as Laravel writes it (a whole number) or Horizon does (a text with a fraction)."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        at = float(value)
    except ValueError:
        return None
    return at if 0 < at < 2**37 else None
