"""The jobs that Horizon keeps once they have ended: an hour of those that were done, a week of those that failed; by its source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from queuetui.backends.foreign.laravel.jobs import JobReader, counted_runs, error_of, remarks_on
from queuetui.backends.foreign.laravel.payload import read_payload
from queuetui.backends.keys.lookup import make_rev
from queuetui.backends.keys.seen import Moment
from queuetui.backends.keys.shelf import Command, Entry, Kind, Shelf
from queuetui.backends.keys.stored_values import at_of, text_of
from queuetui.model.act import JobRef
from queuetui.model.job import Job
from queuetui.model.state import State
from queuetui.model.text import Untrusted

# Its sets go by the time below zero, so that the newest comes first.
_SETS = {State.COMPLETED: b"completed_jobs", State.FAILED: b"failed_jobs"}
_FIELDS = ("queue", "name", "status", "payload", "exception", "failed_at", "completed_at", "reserved_at", "created_at")
_ELSEWHERE = "shown as Horizon keeps it; to retry or delete it name the application's database behind the URL"


def ended_shelves(horizon: bytes, states: Sequence[State]) -> tuple[Shelf, ...]:
    """Return the sets of jobs that ended in some states."""
    return tuple(Shelf("ended", horizon + _SETS[state], Kind.SORTED, (state,)) for state in states)


def card_of(horizon: bytes, entry: Entry) -> list[Command]:
    """Return the command that reads the hash of an ended job."""
    return [("HMGET", horizon + entry.member, *_FIELDS)]


def read_ended(entry: Entry, loaded: Sequence[Any], moment: Moment, reader: JobReader) -> Job | None:
    """Return an ended job, None for one whose hash has run out or which was pushed again since."""
    queue, name, status, stored, exception, failed_at, completed_at, reserved_at, made_at = loaded[0]
    (state,) = entry.shelf.states
    if status is None or text_of(status) != state.value:
        return None
    payload = read_payload(text_of(stored), brief=moment.brief)
    is_failed = state is State.FAILED
    job = Job(
        JobRef(moment.backend, text_of(entry.member), make_rev(entry)),
        Untrusted(text_of(name)),
        Untrusted(text_of(queue)),
        state,
        Untrusted(text_of(stored)),
        attempts=counted_runs(payload) or 0,
        max_attempts=payload.max_tries or None,
        created_at=at_of(made_at),
        started_at=at_of(reserved_at),
        claimed_at=at_of(reserved_at),
        completed_at=at_of(failed_at if is_failed else completed_at),
        error=error_of(text_of(exception)) if is_failed and not moment.brief else None,
        remarks=(_ELSEWHERE,) if is_failed else (),
    )
    told = reader.add_payload(job, payload, text_of(stored), moment.now, brief=moment.brief)
    return replace(
        told, expired_at=None, remarks=(*remarks_on(payload, moment.now), *told.remarks) if is_failed else ()
    )
