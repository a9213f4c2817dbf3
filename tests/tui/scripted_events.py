"""What scripted jobs tell of themselves, and a log of a bad night."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from queuetui.model.capabilities import Capabilities
from queuetui.model.event import Event, EventKind, EventPage, EventRequest
from queuetui.model.job import Job
from queuetui.model.picture import Picture
from queuetui.model.snapshot import Watch
from queuetui.model.text import Untrusted

WEB_1, WEB_2 = Untrusted("web-1/4311"), Untrusted("web-2/4411")


def events_of(job: Job) -> tuple[Event, ...]:
    """Return what happened to a job, newest first: it was created, and claimed if anybody has it."""
    if job.created_at is None:
        return ()
    created = Event("1", job.created_at, EventKind.JOB_CREATED, job.queue, job.ref.id, detail=job.type)
    if job.worker is None:
        return (created,)
    at = job.created_at + timedelta(seconds=1)
    claimed = Event("2", at, EventKind.JOB_SCHEDULED, job.queue, job.ref.id, job.worker, attempt=1, fence=3)
    return (claimed, created)


def make_events(now: datetime, count: int = 8) -> tuple[Event, ...]:
    """Return so many events, newest first: what happened to workers and a queue above, then jobs that come and fail."""
    queue, actor = Untrusted("mail"), Untrusted("ana@ops-1")
    told = [
        Event("", now - timedelta(seconds=3), EventKind.QUEUE_PAUSED, queue, actor=actor),
        Event("", now - timedelta(seconds=41), EventKind.WORKER_LOST, worker=WEB_2),
    ]
    told += [_step(now, number) for number in range(count - len(told))]
    return tuple(replace(event, cursor=str(count - place)) for place, event in enumerate(told))


class ScriptedLog:
    """The half of a scripted feed that reads events, of which `told` are the newest first; `asked` are the pages read by keyset."""

    told: tuple[Event, ...]
    capabilities: Capabilities
    before_poll: Callable[[], None]

    def __init__(self) -> None:
        self.asked: list[EventRequest] = []

    def events(self, request: EventRequest) -> EventPage:
        """Return the page of the log that is asked for."""
        self.before_poll()
        self.asked.append(request)
        return self._page_of(request)

    def with_events(self, picture: Picture, watch: Watch) -> Picture:
        """Return a picture with the events that are watched, or why there are none."""
        if watch.events is None:
            return picture
        if not self.capabilities.events:
            return replace(picture, problems={"events": "this store keeps no record of what happened to a job"})
        return replace(picture, events=self._page_of(watch.events))

    def _page_of(self, request: EventRequest) -> EventPage:
        found = [event for event in self.told if _matches(event, request)]
        return EventPage(tuple(found[: request.limit]), len(found) > request.limit)


def _matches(event: Event, request: EventRequest) -> bool:
    asked = (
        (request.job_id, event.job_id),
        (request.queue, None if event.queue is None else event.queue.raw),
        (request.correlation_id, None if event.correlation_id is None else event.correlation_id.raw),
    )
    is_older = request.before is None or int(event.cursor) < int(request.before)
    is_kind = not request.kinds or event.kind in request.kinds
    return is_older and is_kind and all(wanted is None or wanted == found for wanted, found in asked)


def _step(now: datetime, number: int) -> Event:
    """Return one step of a job's life; three follow one another for each job, the last one first."""
    at = now - timedelta(seconds=60 + 17 * number, milliseconds=37 * number)
    job = number // 3 + 6
    job_id = f"0195a3f0-9c00-7000-8000-{job:012x}"
    is_bad = job % 2 == 0
    bare = Event("", at, EventKind.JOB_CREATED, Untrusted("mail" if is_bad else "sync"), job_id)
    told = replace(bare, correlation_id=Untrusted(f"order-{4700 + job // 2}"))
    if number % 3 == 2:
        return replace(told, detail=Untrusted("SendMail"))
    run = replace(told, worker=WEB_1, attempt=3)
    if number % 3 == 1:
        return replace(run, kind=EventKind.JOB_SCHEDULED, fence=9)
    kind = EventKind.JOB_FAILED if is_bad else EventKind.JOB_COMPLETED
    detail = Untrusted("TimeoutError") if is_bad else None
    return replace(run, kind=kind, moment=at - timedelta(seconds=31), detail=detail)
