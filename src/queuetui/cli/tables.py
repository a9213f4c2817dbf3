"""The columns of each listing, and how a document becomes a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from queuetui.model.counted import mark_count
from queuetui.model.document import JobDocument
from queuetui.model.measured import OLD_S
from queuetui.model.short_id import end_of_id
from queuetui.model.stats import measured_stats
from queuetui.monitor.diagnosis.words import span

JOB_COLUMNS = tuple(field.name for field in fields(JobDocument))
JOB_TABLE = ("id", "type", "queue", "state", "attempts", "created", "data", "why")
STATS_TABLE = (
    "queue",
    "pending",
    "scheduled",
    "processing",
    "retrying",
    "blocked",
    "completed",
    "failed",
    "cancelled",
    "stuck",
    "total",
    "average_seconds",
    "oldest_due",
)
STATS_COLUMNS = (*STATS_TABLE[:-1], "done_per_minute", "oldest_due_at", "oldest_due_seconds", "exactness")
QUEUE_COLUMNS = (*STATS_COLUMNS, "consumers", "paused", "limits", "ageing_seconds", "events")
QUEUE_TABLE = (
    "queue",
    "pending",
    "scheduled",
    "processing",
    "retrying",
    "blocked",
    "failed",
    "stuck",
    "oldest_due",
    "consumers",
    "paused",
    "limits",
    "events",
)
WORKER_COLUMNS = (
    "id",
    "host",
    "pid",
    "version",
    "queues",
    "all_queues",
    "slots",
    "busy",
    "started_at",
    "beat_at",
    "silent_seconds",
    "status",
    "rss_bytes",
    "orphaned",
    "live",
)
WORKER_TABLE = ("id", "host", "pid", "queues", "slots", "busy", "silent_seconds", "status", "orphaned", "live")
SCHEDULE_COLUMNS = (
    "name",
    "cron",
    "every_seconds",
    "tz",
    "type",
    "queue",
    "payload",
    "overlap",
    "missed",
    "grace_seconds",
    "declared",
    "next_at",
    "last_slot_at",
    "last_job_id",
    "last_state",
    "paused",
    "paused_at",
    "paused_by",
    "code",
    "summary",
)
SCHEDULE_TABLE = ("name", "timing", "next", "last", "last_state", "paused_by", "why")
FINDING_COLUMNS = ("check", "level", "summary", "evidence", "next")
EVENT_COLUMNS = ("at", "event", "queue", "job", "worker", "correlation_id", "data")
EVENT_TABLE = ("at", "event", "job", "queue", "worker", "data")
SHORT_ID = 10


def error_text(error: dict[str, str] | None) -> str | None:
    """Return an error as text: class and message, then the lines of the traceback."""
    if error is None:
        return None
    first = ": ".join(part for part in (error["class"], error["message"]) if part)
    return f"{first}\n{error['traceback']}".strip()


def job_row(shown: dict[str, Any]) -> dict[str, Any]:
    """Return a job document as the cells of a table; the id is cut to its end, which commands accept."""
    verdict = shown["verdict"] or {}
    attempts = shown["attempts"]
    if attempts is not None and shown["max_attempts"] is not None:
        attempts = f"{attempts}/{shown['max_attempts']}"
    return {
        "backend": shown["backend"],
        "id": end_of_id(shown["id"], SHORT_ID),
        "type": shown["name"] or shown["type"],
        # A system that does not store which queue a job was in has the empty name.
        "queue": shown["queue"] or None,
        "state": shown["state"],
        "attempts": attempts,
        "created": _created(shown),
        "data": shown["data"],
        "why": f"{verdict.get('code', '')}: {verdict.get('summary', '')}",
    }


def event_row(shown: dict[str, Any]) -> dict[str, Any]:
    """Return an event document as the cells of a table.

    The time is to the millisecond, the job's id is shortened to its end, and the data are one text.
    """
    facts = (f"{name.removesuffix('_at')} {_in_short(value)}" for name, value in shown["data"].items())
    return {
        **shown,
        "at": shown["at"][:23].replace("T", " "),
        "job": None if shown["job"] is None else end_of_id(shown["job"], SHORT_ID),
        "data": ", ".join(facts),
    }


def _in_short(value: Any) -> str:
    return _to_the_second(value) if isinstance(value, str) and value.endswith("Z") else str(value)


def stats_row(figures: dict[str, Any], as_of: str, late_after_s: float) -> dict[str, Any]:
    """Return figures as the cells of a table.

    Each count has the mark of its exactness, an oldest due time over the limit has a `!`.
    """
    counts = {
        name: mark_count(count, _counted_ago(figures, name, as_of)) for name, count in measured_stats(figures).items()
    }
    due_s = figures["oldest_due_seconds"]
    read_ago = _counted_ago(figures, "oldest_due_at", as_of)
    mark = f"{'!' if (due_s or 0.0) > late_after_s else ''}{f' ({read_ago})' if read_ago else ''}"
    oldest = None if due_s is None else f"{span(due_s)}{mark}"
    return {**figures, **counts, "queue": figures.get("queue") or None, "oldest_due": oldest}


def without_unkept(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the columns of a table, without that of blocked jobs where no system keeps any."""
    keeps = any(row.get("blocked") not in (None, "-") for row in rows)
    return tuple(one for one in columns if keeps or one != "blocked")


def queue_row(shown: dict[str, Any]) -> dict[str, Any]:
    """Return a queue's figures as the cells of a table and of CSV.

    The claim rules are one text there.
    """
    said = [_limit_text(limit) for limit in shown["limits"]]
    if shown["ageing_seconds"] is not None:
        said.append(f"ages every {shown['ageing_seconds']:g} s")
    events = {True: "on", False: "off", None: None}[shown["events"]]
    return {**exactness_in_words(shown), "limits": "; ".join(said) or "-", "events": events}


def exactness_in_words(shown: dict[str, Any]) -> dict[str, Any]:
    """Return a document in which one text lists the figures that are not exact.

    An example is `pending=capped total=estimated`.
    """
    return {**shown, "exactness": " ".join(f"{name}={how}" for name, how in shown["exactness"].items())}


def _counted_ago(figures: dict[str, Any], name: str, as_of: str) -> str:
    counted_at = figures["counted_at"].get(name)
    if counted_at is None:
        return ""
    age_s = (datetime.fromisoformat(as_of) - datetime.fromisoformat(counted_at)).total_seconds()
    return span(age_s) if age_s >= OLD_S else ""


def _limit_text(limit: dict[str, Any]) -> str:
    parts = []
    if limit["concurrency"] is not None:
        parts.append(f"{limit['processing']}/{limit['concurrency']} at once")
    if limit["rate"] is not None:
        parts.append(f"{limit['begun']} of {limit['rate']}")
    return f"{'' if limit['type'] is None else limit['type'] + ': '}{', '.join(parts)}"


def schedule_row(shown: dict[str, Any]) -> dict[str, Any]:
    """Return a schedule document as the cells of a table and of CSV, the verdict in two columns."""
    verdict = shown["verdict"]
    cron = shown["cron"] or "-"
    # The text of an interval, such as every 60 s, depends on no time zone.
    timing = cron if shown["tz"] == "UTC" and cron[0].isalpha() else f"{cron} {shown['tz']}"
    if shown["every_seconds"] is not None:
        timing = f"every {shown['every_seconds']} s"
    return {
        **shown,
        "code": verdict["code"],
        "summary": verdict["summary"],
        "timing": timing,
        "next": "-" if shown["next_at"] is None else _to_the_second(shown["next_at"]),
        "last": "-" if shown["last_slot_at"] is None else _to_the_second(shown["last_slot_at"]),
        "why": f"{verdict['code']}: {verdict['summary']}",
    }


def _created(shown: dict[str, Any]) -> str:
    """Return when a job was created, or when it ended if the store does not keep that."""
    if shown["created_at"] is not None:
        return _to_the_second(shown["created_at"])
    return "-" if shown["completed_at"] is None else f"ended {_to_the_second(shown['completed_at'])}"


def _to_the_second(time: str) -> str:
    return time[:19].replace("T", " ")
