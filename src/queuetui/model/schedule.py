"""Recurring jobs: the job of a schedule, its slots, and its stored state."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from queuetui.model.errors import BadConfig
from queuetui.model.job import Enqueued, NewJob
from queuetui.model.job_id import new_job_id
from queuetui.model.state import State

DAY_S = 86_400.0
LONGEST_NAME_CHARS = 200


class Missed(StrEnum):
    """The policy for slots that passed while no worker ran.

    The latest one runs, none does, or all do (a bounded number).
    """

    LATEST = "latest"
    SKIP = "skip"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Timing:
    """The times of slots.

    Either a cron expression in a time zone, or every so many whole seconds counted from 1970 UTC.
    """

    cron: str | None = None
    every_s: int | None = None
    tz: str = "UTC"

    def describe(self) -> str:
        """Return the timing as people write it."""
        if self.cron is None:
            return f"every {self.every_s} s"
        return self.cron if self.tz == "UTC" else f"{self.cron} {self.tz}"


@dataclass(frozen=True, slots=True)
class JobPattern:
    """The job that each slot makes; `payload` is JSON text."""

    type: str
    payload: str = "{}"
    queue: str = "default"
    name: str | None = None
    priority: int = 0
    max_attempts: int = 3
    tags: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    timeout_s: float | None = None


@dataclass(frozen=True, slots=True)
class ScheduleSpec:
    """The definition of a schedule.

    `overlap` False passes over a slot while the job of the one before is not final. A missed slot older than `grace_s` never runs.
    """

    name: str
    timing: Timing
    job: JobPattern
    overlap: bool = True
    missed: Missed = Missed.LATEST
    grace_s: float = DAY_S

    def to_text(self) -> str:
        """Return it as JSON, always the same text for the same thing."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return what `to_text` wrote; raises BadConfig for any other text."""
        try:
            fields: dict[str, Any] = json.loads(text)
            pattern = _known(JobPattern, fields["job"])
            _check_kinds(fields, fields["timing"], pattern)
            pattern |= {name: tuple(pattern.get(name, ())) for name in ("tags", "needs")}
            return cls(
                **_known(cls, fields)
                | {
                    "timing": Timing(**_known(Timing, fields["timing"])),
                    "job": JobPattern(**pattern),
                    "missed": Missed(fields["missed"]),
                }
            )
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            why = f"a stored schedule cannot be read ({type(error).__name__})"
            message = f"{why}: another program or a newer queuetui wrote it; install that version here"
            raise BadConfig(message, "schedule") from None

    def make_job(self) -> NewJob:
        """Return a new job of this schedule, due now."""
        job_id = new_job_id()
        pattern = self.job
        return NewJob(
            id=job_id,
            type=pattern.type,
            payload=pattern.payload.encode(),
            queue=pattern.queue,
            name=pattern.name,
            priority=pattern.priority,
            max_attempts=pattern.max_attempts,
            correlation_id=job_id,
            tags=pattern.tags,
            needs=pattern.needs,
            timeout_s=pattern.timeout_s,
        )


_KINDS: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("name", "tz", "type", "payload", "queue"), (str,)),
    **dict.fromkeys(("every_s", "priority", "max_attempts"), (int,)),
    **dict.fromkeys(("grace_s", "timeout_s"), (int, float)),
    **dict.fromkeys(("tags", "needs"), (list,)),
    "cron": (str,),
    "overlap": (bool,),
}


def _check_kinds(*parts: Mapping[str, Any]) -> None:
    """Raise TypeError for a value of another kind than `to_text` writes; what may be absent is None."""
    for part in parts:
        for name, value in part.items():
            if value is not None and not isinstance(value, _KINDS.get(name, (object,))):
                raise TypeError(name)


def _known(kind: type, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that this version knows; a newer one may have written more."""
    names: Mapping[str, Any] = kind.__dataclass_fields__  # type: ignore[attr-defined]  # only dataclasses are asked
    return {name: value for name, value in fields.items() if name in names}


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule as it is stored: `rev` grows with every edit and not with slots.

    `last_state` is None once that job is pruned.
    `declared` tells that an application's code asked for it and will again; `next_at` is the first slot that nobody has looked at.
    """

    spec: ScheduleSpec
    rev: int
    next_at: datetime
    declared: bool = False
    paused_at: datetime | None = None
    paused_by: str | None = None
    last_slot_at: datetime | None = None
    last_job_id: str | None = None
    last_state: State | None = None


@dataclass(frozen=True, slots=True)
class KeptSchedule:
    """A schedule of another product, as far as that stores it; what it does not store is None.

    `timing` is a cron expression, or other words of the product for when it is; `last_job_id` the id that its last job is shown by.
    `told_within_s`: so long after a slot the product may write that it took it.
    """

    name: str
    type: str
    queue: str | None = None
    timing: str | None = None
    tz: str = "UTC"
    payload: str | None = None
    next_at: datetime | None = None
    last_at: datetime | None = None
    last_job_id: str | None = None
    last_state: State | None = None
    paused: bool = False
    told_within_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ScheduleReading:
    """Schedules by name, at one time of the store's clock: our own, or those `kept` by another product.

    `is_cut` tells that there are more, `problem` why some cannot be read.
    """

    now: datetime
    schedules: tuple[Schedule, ...]
    is_cut: bool = False
    problem: str = ""
    kept: tuple[KeptSchedule, ...] = ()


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot that is to make a job."""

    at: datetime
    job: NewJob


@dataclass(frozen=True, slots=True)
class Taking:
    """The decision about the slots of a due schedule.

    The slots that make jobs, oldest first, and the next one to look at.
    """

    slots: tuple[Slot, ...]
    next_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """The result of taking slots.

    `overlapped` tells that a slot was passed over since the job before it is not final.
    """

    jobs: tuple[Enqueued, ...]
    overlapped: bool = False


@dataclass(frozen=True, slots=True)
class ScheduleEdit:
    """What an act does to a schedule seen at `rev` (None: not there).

    SCHEDULE needs `spec` and `next_at`, RESUME `next_at`, RUN `job`; PAUSE and UNSCHEDULE nothing more.
    """

    rev: int | None
    spec: ScheduleSpec | None = None
    next_at: datetime | None = None
    job: NewJob | None = None
