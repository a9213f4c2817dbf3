"""What the package rq-scheduler keeps: jobs by when they are due, some of which repeat."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from queuetui.backends.keys.shelf import Kind, Shelf
from queuetui.backends.payloads.decoder import JSON, Decoder
from queuetui.backends.payloads.msgpack_reader import MSGPACK
from queuetui.backends.payloads.pickle_reader import PICKLE
from queuetui.backends.payloads.rq_call import read_call
from queuetui.backends.payloads.stored_values import at_of, object_of, text_of, time_of
from queuetui.backends.schedules import MOST_SCHEDULES
from queuetui.model.schedule import KeptSchedule
from queuetui.model.state import State

if TYPE_CHECKING:
    from queuetui.backends.keys.changes import KeysChange
    from queuetui.backends.keys.seen import KeysMoment, Seen
    from queuetui.backends.keys.shelf import Ask

    Change = Callable[[Seen, KeysMoment], KeysChange | str]

ROLE = "scheduler"
# It looks at its jobs once a minute, and at those of its own set alone.
_META = Decoder((), (PICKLE, JSON, MSGPACK))
_FIELDS = ("meta", "data", "description", "origin", "enqueued_at")
_REPEATS = "rq-scheduler is to enqueue it again and again: cancel it in the application, as scheduler.cancel does"


def scheduler_shelf(prefix: bytes) -> Shelf:
    """Return its set, whose jobs each name their queue."""
    return Shelf(ROLE, prefix + b":scheduler:scheduled_jobs", Kind.SORTED, (State.SCHEDULED,))


def timing_of(meta: bytes | None) -> str | None:
    """Return when a job repeats, None for one that does not."""
    said: dict[str, Any] = object_of(_META.decode(meta or b"").text.encode()) or {}
    if cron := said.get("cron_string"):
        return f"{cron} (in the scheduler's zone)" if said.get("use_local_timezone") else str(cron)
    return f"every {said['interval']} s" if said.get("interval") else None


def once(change: Change) -> Change:
    """Return a change that leaves jobs alone which repeat and stand in its set."""

    def unless_repeated(seen: Seen, moment: KeysMoment) -> KeysChange | str:
        is_repeated = seen.entry.shelf.role == ROLE and timing_of(seen.loaded[2]) is not None
        return _REPEATS if is_repeated else change(seen, moment)

    return unless_repeated


def read_repeating(prefix: bytes, ask: Ask) -> list[KeptSchedule]:
    """Return the jobs that repeat, each by its id."""
    shelf = scheduler_shelf(prefix)
    entries = shelf.entries(ask([shelf.slice(0, MOST_SCHEDULES + 1)])[0], 0)
    cards = ask([("HMGET", b"%b:job:%b" % (prefix, one.member), *_FIELDS) for one in entries])
    found = []
    for entry, (meta, data, description, origin, enqueued) in zip(entries, cards, strict=True):
        timing = timing_of(meta)
        if timing is not None:
            call, payload, _ = read_call(data, text_of(description))
            found.append(
                KeptSchedule(
                    text_of(entry.member),
                    call,
                    text_of(origin),
                    timing=timing,
                    payload=payload or None,
                    next_at=at_of(entry.score),
                    last_at=time_of(text_of(enqueued)),
                )
            )
    return found
