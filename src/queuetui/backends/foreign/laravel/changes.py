"""What each act writes into Laravel's tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, Select, cast, func, literal, null, select, update

from queuetui.backends.foreign.laravel.jobs import MESSAGE, say_elsewhere
from queuetui.backends.foreign.laravel.payload_text import convert, replaced
from queuetui.backends.foreign.laravel.refusals import PAST
from queuetui.backends.foreign.laravel.settings import LaravelSettings
from queuetui.backends.foreign.laravel.tables import Tables, is_numbered
from queuetui.backends.reading.refusals import RUNS_TWICE
from queuetui.backends.tables.changes import deleting, setting
from queuetui.backends.tables.product import Change, LockedRow, RowPlace, Statements
from queuetui.model.act import KEEP, NO_DEADLINE, RETRY_UNTIL, Verb
from queuetui.model.errors import Stale, Unsupported
from queuetui.model.state import PUT_OFF, WAITING, State

JOBS, FAILED = "job", "failed"
_DEADLINE = re.compile(r'("(?:retryUntil|timeoutAt)"\s*:\s*)\d+')
_NAMES = ["queue", "payload", "attempts", "reserved_at", "available_at", "created_at"]
_STILL_RUNNING = "a running failure would not be tried again, and work that still runs was not stopped"
_UNKNOWN_ID = (
    "the new row got no id that could be read back, so nothing was done; retry it with: php artisan queue:retry"
)
_NOT_ONCE = (
    "its payload does not name retryUntil just once, so nothing was done; retry it with: php artisan queue:retry"
)


def make_changes(tables: Tables, settings: LaravelSettings) -> tuple[Change, ...]:
    """Return what can be changed; which states a verb fits does not hang on which tables are there."""
    running = frozenset({State.PROCESSING})

    def why_not_retried(locked: LockedRow) -> str:
        if locked.row["connection"] not in settings.connections:
            return say_elsewhere(locked.row, settings)
        return tables.found.guess or ("" if tables.jobs is not None else tables.jobs_absent)

    removing = [
        change
        for verb in (Verb.CANCEL, Verb.DELETE)
        for change in (
            Change(verb, JOBS, WAITING, deleting),
            Change(verb, JOBS, running, deleting, only_stuck=True, note=_STILL_RUNNING),
        )
    ]
    return (
        Change(
            Verb.RETRY,
            FAILED,
            frozenset({State.FAILED}),
            lambda locked: _insert_again(tables, locked),
            note=say_deadline,
            refusal=why_not_retried,
        ),
        Change(Verb.RETRY, JOBS, PUT_OFF, setting(_make_due), note=say_deadline),
        Change(Verb.RETRY, JOBS, frozenset({State.PENDING}), setting(_make_due), refusal=_has_time, offered=False),
        Change(Verb.RELEASE, JOBS, running, setting(_release), only_stuck=True, note=_beware_twice),
        *removing,
        Change(Verb.DELETE, FAILED, frozenset({State.FAILED}), deleting),
    )


def wanted_deadline(locked: LockedRow) -> str:
    """Return what becomes of a deadline that is past, KEEP where there is none."""
    return locked.args.get(RETRY_UNTIL, KEEP) if locked.job.expired_at is not None else KEEP


def _has_time(locked: LockedRow) -> str:
    if wanted_deadline(locked) != KEEP:
        return ""
    return f"it is {locked.job.state.value}; only failed, retrying and scheduled jobs can be retried"


def say_deadline(locked: LockedRow) -> str:
    """Say that a job is done as its deadline bids, where that is past."""
    return PAST if locked.job.expired_at is not None and wanted_deadline(locked) == KEEP else ""


def _beware_twice(locked: LockedRow) -> str:
    return "; ".join(filter(None, (RUNS_TWICE, say_deadline(locked))))


def _now_s(locked: LockedRow) -> int:
    return int(locked.moment.now.timestamp())


def _insert_again(tables: Tables, locked: LockedRow) -> Statements:
    """Insert a failed job into jobs, its payload unchanged, and delete its row: both, or neither."""
    jobs, failed, now_s = tables.jobs, tables.failed, _now_s(locked)
    if jobs is None or failed is None:
        raise Unsupported(tables.jobs_absent)
    # The database copies the payload itself, so that not one byte of it can change on the way.
    moved: Select[Any] = select(
        func.coalesce(failed.c.queue, "default"),
        convert(failed.c.payload, jobs.c.payload),
        literal(0),
        cast(null(), BigInteger),
        literal(now_s),
        literal(now_s),
    ).where(locked.source.key[0].at == locked.place.key[0])
    insert = jobs.insert().from_select(_NAMES, moved)
    if locked.insert_returns:
        (new_id,) = yield insert.returning(jobs.c.id)
    else:
        new_id = (yield insert).lastrowid if is_numbered(jobs) else None
    if new_id is None:
        raise Unsupported(_UNKNOWN_ID)
    yield from deleting(locked)
    at_new = jobs.c.id == new_id
    if wanted_deadline(locked) != KEEP:
        yield update(jobs).where(at_new).values(payload=_new_deadline(locked, jobs.c.payload))
    return RowPlace(JOBS, (new_id,))


def _make_due(locked: LockedRow) -> Mapping[str, Any]:
    """Let a delayed or retrying job run now, with no attempts counted."""
    return {"available_at": _now_s(locked), "attempts": 0, **_deadline(locked)}


def _release(locked: LockedRow) -> Mapping[str, Any]:
    """Give back a reserved job, its lost run not counted."""
    return {"reserved_at": None, "attempts": max((locked.job.attempts or 0) - 1, 0), **_deadline(locked)}


def _deadline(locked: LockedRow) -> Mapping[str, Any]:
    payload: Any = locked.source.rows.c.payload
    return {} if wanted_deadline(locked) == KEEP else {"payload": _new_deadline(locked, payload)}


def _new_deadline(locked: LockedRow, payload: Any) -> Any:  # noqa: ANN401 - a column of any type
    """Return a payload with another deadline alone; raises Stale where it stands there not just once."""
    found = list(_DEADLINE.finditer(locked.row[MESSAGE]))
    if len(found) != 1:
        raise Stale(_NOT_ONCE)
    wanted = wanted_deadline(locked)
    until = "null" if wanted == NO_DEADLINE else str(_now_s(locked) + int(wanted))
    # The database replaces the text itself: a payload that is not valid in its encoding keeps its other bytes.
    return replaced(payload, found[0][0], f"{found[0][1]}{until}")
