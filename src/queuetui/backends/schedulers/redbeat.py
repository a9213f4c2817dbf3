"""The schedule of celery-redbeat: a sorted set by when each entry is due, and a hash for each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from queuetui.backends.payloads.stored_values import at_of, object_of, text_of, to_json
from queuetui.backends.schedules import MOST_SCHEDULES
from queuetui.model.errors import Denied
from queuetui.model.schedule import KeptSchedule

if TYPE_CHECKING:
    from queuetui.backends.keys.shelf import Ask

_TIME = ("year", "month", "day", "hour", "minute", "second")
_CRON = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")


def has_redbeat(prefix: bytes, ask: Ask) -> bool:
    """Tell whether entries are kept, and may be read."""
    try:
        return ask([("TYPE", prefix + b":schedule")]) == [b"zset"]
    except Denied:
        return False


def read_redbeat(prefix: bytes, ask: Ask) -> list[KeptSchedule]:
    """Return the entries; a member whose hash is gone is none."""
    (flat,) = ask([("ZRANGE", prefix + b":schedule", 0, MOST_SCHEDULES, "WITHSCORES")])
    due = dict(zip(flat[::2], flat[1::2], strict=True))
    cards = ask([("HMGET", key, "definition", "meta") for key in due])
    return [_read_one(key, due[key], *card) for key, card in zip(due, cards, strict=True) if card[0] is not None]


def _read_one(key: bytes, score: bytes, definition: bytes | None, meta: bytes | None) -> KeptSchedule:
    """Return one; the time of its last run is that of its making until it has run."""
    said, told = object_of(definition) or {}, object_of(meta) or {}
    given = {name: said[name] for name in ("args", "kwargs") if said.get(name)}
    options = said.get("options")
    return KeptSchedule(
        str(said.get("name") or text_of(key)), str(said.get("task") or "?"),
        str(options["queue"]) if isinstance(options, dict) and options.get("queue") else None,
        timing=_timing_of(said.get("schedule")), payload=to_json(given) if given else None,
        next_at=at_of(score) if float(score) >= 0 else None,
        last_at=_time_of(told.get("last_run_at")) if told.get("total_run_count") else None,
        paused=said.get("enabled") is False,
    )  # fmt: skip


def _timing_of(schedule: Any) -> str | None:  # noqa: ANN401 - a value of JSON
    match schedule:
        case {"__type__": "crontab"}:
            return " ".join(str(schedule.get(name, "*")) for name in _CRON)
        case {"__type__": "interval", "every": int() | float() as every}:
            return f"every {every:g} s"
        case {"__type__": str() as kind}:
            return f"a {kind} of its own"
    return None


def _time_of(said: Any) -> datetime | None:  # noqa: ANN401 - a value of JSON
    """Return a time that is told in UTC, None where it is of another zone."""
    try:
        year, month, day, hour, minute, second = (int(said[name]) for name in _TIME)
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC) if said["timezone"] == "UTC" else None
    except (KeyError, TypeError, ValueError):
        return None
