"""Tells in a word what a pickle's reader shows of Python's own types: times, ids, decimals, paths."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta, timezone
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from queuetui.backends.payloads.pickle_times import time_of

_OFFSET = "datetime.timezone"


def tell_values(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a value with those of usual types told as text; what is unknown stays as it is."""
    if isinstance(value, list):
        return [tell_values(one) for one in value]
    if not isinstance(value, dict):
        return value
    told = _TELLERS.get(str(value.get("__class__")))
    if told is not None:
        try:
            return told(value)
        except (ValueError, TypeError, KeyError, IndexError, OverflowError):
            return value
    return {name: tell_values(one) for name, one in value.items()}


def _tell_moment(value: Mapping[str, Any]) -> str:
    packed, *zone = value["args"]
    at = time_of(_bytes_of(packed))
    if at is None:
        raise ValueError
    return _tell_zone(at, zone)


def _tell_zone(at: datetime | time, zone: list[Any]) -> str:
    match zone:
        case [{"__class__": name, "args": [{"args": apart}, *_]}] if name == _OFFSET:
            return str(at.replace(tzinfo=timezone(timedelta(*apart))))
        case [{"args": [str(name), *_]}]:
            return f"{at} {name}"
    return str(at)


def _bytes_of(shown: Any) -> bytes:  # noqa: ANN401 - any JSON
    """Return the bytes that the reader shows: as text, in base64, or as protocols before 3 write them."""
    match shown:
        case {"base64": str(text)}:
            return base64.b64decode(text)
        case {"__class__": "_codecs.encode", "args": [str(text), *_]}:
            return text.encode("latin-1")
    return str(shown).encode()


def _tell_date(value: Mapping[str, Any]) -> str:
    high, low, month, day = _bytes_of(value["args"][0])
    return str(date(high << 8 | low, month, day))


def _tell_time(value: Mapping[str, Any]) -> str:
    packed, *zone = value["args"]
    hour, minute, second, *micros = _bytes_of(packed)
    return _tell_zone(time(hour, minute, second, int.from_bytes(bytes(micros))), zone)


_TELLERS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "datetime.datetime": _tell_moment,
    "datetime.date": _tell_date,
    "datetime.time": _tell_time,
    "datetime.timedelta": lambda value: str(timedelta(*value["args"])),
    "uuid.UUID": lambda value: str(UUID(int=value["state"]["int"])),
    "decimal.Decimal": lambda value: str(value["args"][0]),
    "pathlib.PosixPath": lambda value: str(PurePosixPath(*value["args"])),
}
