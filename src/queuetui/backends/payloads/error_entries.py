"""Reads the list of errors that a product keeps in its job, one for each run that failed, as attempts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from queuetui.model.job import Attempt, JobError


def read_error_entries(entries: str, read_error: Callable[[dict[str, Any]], JobError | None]) -> tuple[Attempt, ...]:
    """Return the runs, from a JSON list of objects that say when (`at`) which run (`attempt`) failed."""
    try:
        listed = json.loads(entries)
    except (ValueError, RecursionError):
        listed = None
    found = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return tuple(_attempt(one, place, read_error(one)) for place, one in enumerate(found, 1))


def _attempt(entry: dict[str, Any], place: int, error: JobError | None) -> Attempt:
    number = entry.get("attempt")
    return Attempt(number if isinstance(number, int) else place, "failed", error, None, None, _time(entry.get("at")))


def _time(written: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(written))
        return at.astimezone(UTC) if at.tzinfo is not None else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
