"""Logs, counters and measures of runs, on SQL: one row a run with any, and sums by minute."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from queuetui.backends.native.ids import parse_id
from queuetui.backends.native.odd_values import read_amounts, read_json
from queuetui.backends.native.sql.database import Database
from queuetui.backends.native.sql.session import Row, Session
from queuetui.backends.native.sql.worker.endings import to_us
from queuetui.backends.native.texts import storable
from queuetui.backends.run_notes import MOST_USAGE_TOTALS
from queuetui.model.run_notes import LOGGED_RUNS_A_JOB, NotedRun, RunNotes, UsageTotal, to_total
from queuetui.model.text import Untrusted

MINUTE_US = 60_000_000


class SqlRunNotes:
    """The RunNotesStore half of the backend."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write_notes(self, lease_id: str, notes: Sequence[RunNotes]) -> None:
        """Write the notes of runs."""
        known = parse_id(lease_id)
        if known is not None and notes:
            self._database.write("noting what runs tell", lambda session: _write(session, known, notes))

    def usage_totals(self, minutes: int) -> tuple[UsageTotal, ...]:
        """Return the sums of the counters over the last minutes."""
        values = {"span_us": minutes * MINUTE_US, "limit": MOST_USAGE_TOTALS}
        rows = self._database.read("reading usage", lambda session: session.rows("read_usage", **values))
        return tuple(to_total(*row[:3], amount=float(row[3])) for row in rows)


def _write(session: Session, lease_id: UUID, notes: Sequence[RunNotes]) -> None:
    stored = session.id_in(lease_id)
    lease = session.row("hold_lease", lease_id=stored)
    known = [(session.id_in(job_id), one) for job_id, one in ((parse_id(one.job_id), one) for one in notes) if job_id]
    if lease is None or not known:
        return
    wanted = [{"id": job_id, "fence": one.fence, "lease_id": stored} for job_id, one in known]
    found = session.each("find_noted_run", wanted)
    kept = [(job_id, one, row[0]) for (job_id, one), row in zip(known, found, strict=True) if row is not None]
    session.change_each("put_notes", [_values(job_id, one) for job_id, one, _ in kept])
    logged = [{"id": job_id, "fence": one.fence - LOGGED_RUNS_A_JOB} for job_id, one, _ in kept if one.log is not None]
    session.change_each("forget_logs", logged)
    grown: dict[tuple[str, str], float] = {}
    for _, one, before in kept:
        counted = _usage_of(before)
        for name, amount in one.usage.items():
            grown[one.type, name] = grown.get((one.type, name), 0.0) + amount - counted.get(name, 0.0)
    # Always in the same order, so that two writers cannot deadlock.
    added = [
        {"queue": lease[0], "type": job_type, "name": storable(name), "amount": float(amount)}
        for (job_type, name), amount in sorted(grown.items())
        if amount
    ]
    session.change_each("add_usage", added)


def read_notes(session: Session, job_id: str) -> tuple[NotedRun, ...]:
    """Return the kept notes of a job's runs, oldest first."""
    known = parse_id(job_id)
    rows = [] if known is None else session.rows("read_notes", id=session.id_in(known))
    return tuple(_to_noted(session, row) for row in rows)


def prune_notes(session: Session, limit: int, kept_us: int) -> int:
    """Delete at most `limit` expired results and old minutes of usage; return how many."""
    due = [{"id": row[0], "fence": row[1]} for row in session.rows("due_results", limit=limit)]
    session.change_each("forget_result", due)
    session.change_each("result_forgotten", due)
    count = len(due)
    return count + (session.change("prune_usage", limit=limit - count, kept_us=kept_us) if count < limit else 0)


def _values(job_id: object, one: RunNotes) -> Mapping[str, object]:
    return {
        "id": job_id,
        "fence": one.fence,
        "counted": json.dumps(dict(one.usage)) if one.usage else None,
        "cpu_us": None if one.cpu_s is None else to_us(one.cpu_s),
        "peak_bytes": one.peak_bytes,
        "log": None if one.log is None else storable(one.log),
        "log_cut": one.log_cut,
        "ttl_us": None if one.result_ttl_s is None else to_us(one.result_ttl_s),
    }


def _usage_of(text: str | None) -> dict[str, float]:
    return read_amounts(read_json(text))


def _to_noted(session: Session, row: Row) -> NotedRun:
    fence, noted_at, counted, cpu_us, peak_bytes, log, log_cut = row
    usage = _usage_of(counted)
    return NotedRun(
        fence,
        session.moment_out(noted_at),
        tuple((Untrusted(name), amount) for name, amount in sorted(usage.items())),
        None if cpu_us is None else cpu_us / 1e6,
        peak_bytes,
        None if log is None else Untrusted(log),
        log_cut,
    )
