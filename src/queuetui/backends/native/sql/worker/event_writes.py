"""Writes events in the transaction of the change that they log."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from queuetui.backends.native.event_rules import CODE_OF_KIND
from queuetui.backends.native.sql.session import Session
from queuetui.backends.native.texts import storable
from queuetui.model.event import EventKind


@dataclass(frozen=True, slots=True)
class EventWrite:
    """An event of a job, logged before its row changes; the job is due at `at`, or `delay_us` from now."""

    kind: EventKind
    job_id: object
    at: object = None
    delay_us: int | None = None
    took_us: int | None = None
    actor: str | None = None
    detail: str | None = None

    def values(self) -> dict[str, object]:
        """Return the columns."""
        return {
            "id": self.job_id,
            "kind": CODE_OF_KIND[self.kind],
            "at": self.at,
            "delay_us": self.delay_us,
            "took_us": self.took_us,
            "actor": _storable(self.actor),
            "detail": _storable(self.detail),
        }


def log_live(session: Session, told: Sequence[EventWrite]) -> None:
    """Log events of jobs that are not final."""
    session.change_each("log_live", [one.values() for one in told])


def log_final(session: Session, told: Sequence[EventWrite]) -> None:
    """Log events of final jobs."""
    values = [one.values() for one in told]
    session.change_each(
        "log_final", [{name: one[name] for name in ("id", "kind", "delay_us", "actor")} for one in values]
    )


def log_marks(session: Session, marks: Sequence[Mapping[str, object]]) -> None:
    """Log the starts of runs that are marked for the first time, and new progress."""
    named = [{name: one[name] for name in ("id", "fence", "lease_id")} for one in marks]
    pairs = list(zip(named, marks, strict=True))
    session.change_each("log_started", [{**name, "running_us": one["running_us"]} for name, one in pairs])
    progress = [{**name, "progress": one["progress"]} for name, one in pairs if one["progress"] is not None]
    session.change_each("log_progress", progress)


def log_worker(
    session: Session, kind: EventKind, worker_id: str, actor: str | None = None, detail: str | None = None
) -> None:
    """Log an event of a worker."""
    values = {"worker_id": worker_id, "actor": _storable(actor), "detail": _storable(detail)}
    session.change("log_worker", kind=CODE_OF_KIND[kind], **values)


def log_queue(session: Session, kind: EventKind, queue: str, actor: str) -> None:
    """Log an act on a queue whose events are on."""
    session.change("log_queue", kind=CODE_OF_KIND[kind], queue=queue, actor=_storable(actor))


def log_switch(session: Session, queue: str, actor: str, *, on: bool) -> None:
    """Log that a queue's events were switched on or off; both are logged."""
    kind = EventKind.QUEUE_EVENTS_ON if on else EventKind.QUEUE_EVENTS_OFF
    session.change("log_switch", kind=CODE_OF_KIND[kind], queue=queue, actor=storable(actor))


def logs_events(session: Session, queue: str) -> bool:
    """Tell whether a queue's events are on."""
    row = session.row("logs_events", queue=queue)
    return row is not None and bool(row[0])


def logged_queues(session: Session, queues: Collection[str]) -> frozenset[str]:
    """Return those of the queues whose events are on."""
    return frozenset(queue for queue in set(queues) if logs_events(session, queue))


def _storable(text: str | None) -> str | None:
    return None if text is None else storable(text)
