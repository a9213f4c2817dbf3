"""Promotes due jobs, lists ready queues and prunes; any worker does this for all queues."""

from __future__ import annotations

import json
from collections.abc import Sequence

from queuetui.backends.native.event_rules import MOST_EVENTS
from queuetui.backends.native.retention import TALLY_KEPT_S, Retention
from queuetui.backends.native.sql.mysql import bulk as mysql_bulk
from queuetui.backends.native.sql.session import Session
from queuetui.backends.native.sql.worker.endings import to_us
from queuetui.backends.native.sql.worker.queue_walk import QueueWalk
from queuetui.backends.native.sql.worker.run_notes import prune_notes

PAGES_A_PRUNE = 400


def queues_ready(session: Session, queues: Sequence[str] | None, walk: QueueWalk) -> tuple[str, ...]:
    """Return the unpaused queues that have pending jobs, in the order given."""
    if queues is None and session.dialect == "mysql":
        queues = walk.names(session)
    if queues is None:
        return tuple(row[0] for row in session.rows("queues_pending"))
    wanted = list(queues) if session.dialect == "postgresql" else json.dumps(list(queues))
    return tuple(row[0] for row in session.rows("queues_ready", queues=wanted))


def next_due_s(session: Session) -> float | None:
    """Return the seconds until the next waiting job is due, zero when one is already."""
    row = session.row("next_due")
    return None if row is None or row[0] is None else max(0.0, row[0] / 1e6)


def promote(session: Session, limit: int) -> int:
    """Make at most `limit` due jobs pending; return how many."""
    if session.dialect == "mysql":
        return mysql_bulk.promote(session, limit)
    if session.dialect == "sqlite":
        session.change("log_promoted", limit=limit)
    return session.change("promote", limit=limit)


def prune(session: Session, limit: int, retention: Retention) -> int:
    """Delete at most `limit` final jobs, keys, tally rows, events and acts past their retention."""
    jobs = session.rows("prune_done", limit=limit)
    if session.dialect == "mysql":
        session.change_each("delete_done", [{"id": row[0]} for row in jobs])
    session.change_each("drop_attempts", [{"id": row[0]} for row in jobs])
    session.change_each("drop_notes", [{"id": row[0]} for row in jobs])
    session.change_each("drop_blob", [{"id": row[0]} for row in jobs if row[1]])
    count = len(jobs)
    if count < limit:
        count += session.change("prune_keys", limit=limit - count)
    if count < limit:
        count += session.change("prune_tally", limit=limit - count, kept_us=to_us(TALLY_KEPT_S))
    if count < limit:
        count += prune_notes(session, limit - count, to_us(TALLY_KEPT_S))
    if count < limit:
        count += prune_records(session, limit - count, retention)
    if count and session.dialect == "sqlite":
        _give_back_pages(session)
    return count


def prune_records(session: Session, limit: int, retention: Retention) -> int:
    """Delete at most `limit` events and rows of acts that are too old or too many."""
    count = session.change("prune_events", limit=limit, kept_us=to_us(retention.events_s), most=MOST_EVENTS)
    kept_us = to_us(retention.acts_s)
    for block in ("prune_act_rows", "prune_acts"):
        if count < limit:
            count += session.change(block, limit=limit - count, kept_us=kept_us)
    return count


def _give_back_pages(session: Session) -> None:
    """Return pages that prunes have emptied to the file system, a few at a time."""
    (free,) = session.rows("count_free_pages")
    session.change_each("give_back_page", [{}] * min(free[0], PAGES_A_PRUNE))
