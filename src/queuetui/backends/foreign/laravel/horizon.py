"""Horizon's supervisors, the workers of Redis queues, and its jobs: by its source, not run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from queuetui.backends.foreign.laravel.jobs import JobReader, counted_runs, error_of, remarks_on
from queuetui.backends.keys.lookup import make_rev
from queuetui.backends.keys.seen import KeysMoment
from queuetui.backends.keys.shelf import Ask, Command, Entry, Kind, Shelf
from queuetui.backends.payloads.laravel_payload import read_payload
from queuetui.backends.payloads.stored_values import at_of, object_of, text_of
from queuetui.model.act import JobRef
from queuetui.model.job import Job
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from queuetui.model.worker import WorkerInfo

# An hour of the jobs that were done, a week of those that failed. Its sets go by the time below zero, so that the newest comes first.
_SETS = {State.COMPLETED: b"completed_jobs", State.FAILED: b"failed_jobs"}
_CARD = ("queue", "name", "status", "payload", "exception", "failed_at", "completed_at", "reserved_at", "created_at")
_ELSEWHERE = "shown as Horizon keeps it; to retry or delete it name the application's database behind the URL"

_SUPERVISORS = b"supervisors"
# Keys that stay while no supervisor runs.
_LASTING = (b"recent_jobs", b"completed_jobs", b"pending_jobs", b"failed_jobs", b"last_snapshot_at")
_FIELDS = ("pid", "status", "processes", "options")
_PAUSED = "paused"
# What Laravel puts before keys by itself begins with the application's name, both here and there.
_QUEUES_END, _END = b"database_", b"horizon:"


def find_horizon(prefix: bytes, prefixes: Sequence[bytes], names: Iterable[bytes]) -> bytes | None:
    """Return the prefix of Horizon's keys: of the same application, or of the only one there is."""
    found = {
        name.removesuffix(one)
        for name in names
        for one in (_SUPERVISORS, *_LASTING)
        if name.endswith(one) and name.removesuffix(one).endswith(_END)
    }
    own = prefix.removesuffix(_QUEUES_END) + _END
    if own in found:
        return own
    return next(iter(found)) if len(found) == len(prefixes) == 1 else None


def read_supervisors(prefix: bytes, ask: Ask) -> tuple[WorkerInfo, ...]:
    """Read the supervisors whose registration has not run out, which it does 30 seconds after a beat."""
    (flat,) = ask([("ZRANGE", prefix + _SUPERVISORS, 0, -1, "WITHSCORES")])
    beats = dict(zip(flat[::2], flat[1::2], strict=True))
    cards = ask([("HMGET", prefix + b"supervisor:" + name, *_FIELDS) for name in beats])
    found = (_read_supervisor(name, beats[name], card) for name, card in zip(beats, cards, strict=True))
    return tuple(one for one in found if one is not None)


def _read_supervisor(name: bytes, beat: bytes, card: Sequence[bytes | None]) -> WorkerInfo | None:
    pid, status, processes, options = card
    beat_at, pools = at_of(beat), object_of(processes) or {}
    if status is None or beat_at is None:
        return None
    # Its own name is the host's with four random letters, and that of the supervisor in the settings.
    host = text_of(name).partition(":")[0].rpartition("-")[0]
    served = [pool.partition(":")[2] for pool in pools] or [str((object_of(options) or {}).get("queue") or "")]
    queues = dict.fromkeys(queue for one in served for queue in one.split(",") if queue)
    return WorkerInfo(
        Untrusted(text_of(name)),
        Untrusted(host),
        int(pid) if pid is not None and pid.isdigit() else None,
        Untrusted("Horizon"),
        tuple(map(Untrusted, queues)),
        slots=sum(count for count in pools.values() if isinstance(count, int)),
        busy=None,
        started_at=None,
        beat_at=beat_at,
        registration_ends=True,
        status=Untrusted(text_of(status)),
    )


def paused_queues(supervisors: Iterable[WorkerInfo]) -> frozenset[bytes]:
    """Return the queues that only paused supervisors serve."""
    paused, working = set[str](), set[str]()
    for one in supervisors:
        is_paused = one.status is not None and one.status.raw == _PAUSED
        (paused if is_paused else working).update(queue.raw for queue in one.queues)
    return frozenset(queue.encode() for queue in paused - working)


def ended_shelves(horizon: bytes, states: Sequence[State]) -> tuple[Shelf, ...]:
    """Return the sets of jobs that ended in some states."""
    return tuple(Shelf("ended", horizon + _SETS[state], Kind.SORTED, (state,)) for state in states)


def card_of(horizon: bytes, entry: Entry) -> list[Command]:
    """Return the command that reads the hash of an ended job."""
    return [("HMGET", horizon + entry.member, *_CARD)]


def read_ended(entry: Entry, loaded: Sequence[Any], moment: KeysMoment, reader: JobReader) -> Job | None:
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
