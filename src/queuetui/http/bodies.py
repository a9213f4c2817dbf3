"""The bodies of requests."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

MOST_IDS = 1_000
JobId = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]


class NewJobBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One job to enqueue.

    `scheduled_at` is a time, in the profile's zone or UTC where it names none, `priority` a number or low, normal, high, critical.
    """

    type: Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]
    payload: Any = None
    priority: int | str | None = None
    scheduled_at: datetime | None = None
    max_attempts: Annotated[int, msgspec.Meta(ge=1)] | None = None
    queue: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    idempotency_key: Annotated[str, msgspec.Meta(min_length=1)] | None = None
    correlation_id: Annotated[str, msgspec.Meta(min_length=1)] | None = None


class CleanupBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which ended jobs are deleted: those that ended more than so many days ago."""

    days: Annotated[float, msgspec.Meta(ge=0, le=365_250)]
    confirm: str | None = None
    reason: str = ""


class GroupBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An act on the jobs of one group of failures; `confirm` is a protected profile's name."""

    dry_run: bool = False
    confirm: str | None = None
    reason: str = ""


class BulkBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One act on the jobs of some ids, or on all that match a filter.

    `confirm` is a protected profile's name.
    """

    action: Literal["cancel", "retry", "delete", "release"]
    job_ids: Annotated[list[JobId], msgspec.Meta(min_length=1, max_length=MOST_IDS)] | None = None
    filter: Annotated[str, msgspec.Meta(min_length=1)] | None = None
    dry_run: bool = False
    confirm: str | None = None
    reason: str = ""
