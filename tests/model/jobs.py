"""Jobs for tests of the model."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from queuetui.model.act import JobRef
from queuetui.model.job import Job, JobError
from queuetui.model.state import State
from queuetui.model.text import Untrusted

NOW = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)


def text(value: str) -> Untrusted:
    """Return text as it comes from a queue."""
    return Untrusted(value)


def make_job(**changes: Any) -> Job:
    """Return a pending job; plain strings become text from a queue."""
    wrapped: dict[str, Any] = {
        name: text(value) if isinstance(value, str) else value for name, value in changes.items()
    }
    state = changes.get("state", State.PENDING)
    wrapped["state"] = state
    job = Job(JobRef("shop", "job-1a2b", "7"), text("Send"), text("mail"), state, text("{}"))
    return replace(job, **wrapped)


def make_error(class_name: str = "ValueError", message: str = "no such shop") -> JobError:
    """Return an error."""
    return JobError(text(class_name), text(message), text("at line 1"))
