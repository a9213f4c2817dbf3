"""The checks of `doctor`: reads the condition of a store and judges each part."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from queuetui.backends.backend import Backend
from queuetui.backends.base import Inspector
from queuetui.model.access import ATTACHED, OWN, Access
from queuetui.model.clock import to_text
from queuetui.model.errors import BadQuery, QueueTuiError, Unreachable, Unsupported
from queuetui.model.examination import HELD_S, Check, Examination, Finding, Level, TableCondition
from queuetui.model.job import Job
from queuetui.model.limits import LONGEST_GIVEN_BACK_S, Limits, is_live
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Part, Watch
from queuetui.model.state import PUT_OFF
from queuetui.model.urls import hide_passwords
from queuetui.monitor.checks import fleet, jobs, server, tables, versions
from queuetui.monitor.diagnosis.facts import Facts, gather_facts
from queuetui.monitor.diagnosis.no_handler import waits_for_its_time

# The most waiting jobs whose types are compared with the types that workers know.
WAITING_LOOKED_AT = 200


def check_up(
    backend: Backend, limits: Limits, version: str, held_s: float = HELD_S, access: Access | None = None
) -> tuple[Finding, ...]:
    """Return the findings in the order of the checks; `version` is the version of this program.

    `access` is how advised commands reach the store.
    Raises Unreachable if the connection to the store is lost.
    """
    inspector, examiner = backend.inspector, backend.examiner
    if examiner is None:
        raise Unsupported(f"{inspector.capabilities.label} does not tell its condition")
    if access is None:
        access = OWN if inspector.capabilities.native else ATTACHED
    found = list(_look_at_the_clock(inspector, limits))
    examination = examiner.examine(held_s)
    found += [*_judge_queue(examination, access), *_judge_server(examination, held_s, access)]
    if backend.beside is not None:
        found += _look_beside(backend.beside, held_s, access)
    found += _look_at_workers(inspector, examination, limits, version, access)
    found += _look_at_jobs(inspector, limits, access)
    if not inspector.capabilities.native:
        found.append(fleet.judge_capabilities(inspector.capabilities))
    found += [_unread(check, why) for check, why in examination.unread.items()]
    order = list(Check)
    return tuple(sorted(found, key=lambda finding: order.index(finding.check)))


def worst(findings: tuple[Finding, ...]) -> Level:
    """Return the worst level; a check that could not be made counts for less than a warning."""
    levels = {finding.level for finding in findings}
    return next((one for one in (Level.CRITICAL, Level.WARNING, Level.UNKNOWN) if one in levels), Level.OK)


def _look_beside(second: Backend, held_s: float, access: Access) -> Iterator[Finding]:
    """Yield the findings about the second store of a queue.

    If it cannot be reached, that is a finding, and those about the first store remain.
    """
    try:
        examination = None if second.examiner is None else second.examiner.examine(held_s)
    except QueueTuiError as error:
        step = "see to that store: jobs that it alone keeps are not shown, and verbs that need it are refused"
        yield Finding(
            Check.REACHABLE,
            Level.CRITICAL,
            f"the second store cannot be examined: {hide_passwords(str(error))}",
            {},
            step,
        )
        return
    if examination is not None:
        found = (*_judge_queue(examination, access), *_judge_server(examination, held_s, access))
        unread = (_unread(check, why) for check, why in examination.unread.items())
        yield from (replace(one, summary=f"the second store: {one.summary}") for one in (*found, *unread))


def _look_at_the_clock(inspector: Inspector, limits: Limits) -> Iterator[Finding]:
    nothing = Watch(limits=limits, parts=frozenset())
    # The first snapshot connects and reads what is read once per connection, so the second one is timed.
    inspector.snapshot(nothing)
    began, began_s = datetime.now(UTC), time.monotonic()
    snapshot = inspector.snapshot(nothing)
    took_s = time.monotonic() - began_s
    yield fleet.judge_answer(took_s)
    apart = snapshot.now - (began + timedelta(seconds=took_s / 2))
    yield fleet.judge_clock(apart.total_seconds(), took_s / 2)


def _judge_queue(examination: Examination, access: Access) -> Iterator[Finding]:
    if Check.SERVER not in examination.unread:
        yield versions.judge_server(examination)
    if examination.schema is not None:
        yield versions.judge_schema(examination.schema, access)
        yield versions.judge_protocol(examination.schema)
    if examination.tables is not None:
        yield from _judge_tables(examination.tables)
    if examination.durability is not None:
        yield versions.judge_durability(examination.product, examination.durability)


def _judge_server(examination: Examination, held_s: float, access: Access) -> Iterator[Finding]:
    if examination.held is not None:
        yield server.judge_snapshots(examination.held, examination.hidden_sessions, held_s)
    if examination.unvacuumed is not None:
        yield server.judge_vacuuming(examination.unvacuumed)
    if examination.connections is not None:
        yield server.judge_connections(*examination.connections)
    if examination.pooled is not None:
        yield server.judge_notices(pooled=examination.pooled)
    if examination.memory is not None:
        yield server.judge_memory(examination.memory, access)
    if examination.packet_bytes is not None:
        yield server.judge_packet(examination.packet_bytes)


def _judge_tables(found: TableCondition) -> Iterator[Finding]:
    yield tables.judge_rights(found.missing, found.tables)
    if found.indexes is not None:
        yield tables.judge_indexes(found.indexes[1], found.indexes[0])
    yield tables.judge_foreign_keys(found.foreign_keys)
    yield tables.judge_dead_space(found.dead)
    if found.room is not None:
        yield tables.judge_room(found.room)


def _look_at_jobs(inspector: Inspector, limits: Limits, access: Access) -> Iterator[Finding]:
    capabilities = inspector.capabilities
    parts = {Part.COUNTS, Part.QUEUES, *([Part.WORKERS] if capabilities.workers else [])}
    try:
        snapshot = inspector.snapshot(Watch(limits=limits, parts=frozenset(parts)))
        yield from filter(None, [jobs.judge_stuck(snapshot.stuck, access)])
        facts = replace(gather_facts(snapshot, {}, limits, capabilities, snapshot.problems), access=access)
        if not facts.capabilities.workers:
            return
        yield jobs.judge_due(facts)
        yield jobs.judge_handlers(_due_jobs(inspector, facts), facts)
    except Unreachable:
        raise
    except QueueTuiError as error:
        yield _unread(Check.STUCK, str(error))


def _due_jobs(inspector: Inspector, facts: Facts) -> list[Job]:
    """Return pending jobs, and scheduled or retrying ones that are due or that a worker just gave back."""
    pending = PageRequest(parse_query("state:pending"), WAITING_LOOKED_AT, brief=True)
    found = [*inspector.page(pending, facts.limits).jobs]
    with suppress(BadQuery, Unsupported):
        soon = to_text(facts.now + timedelta(seconds=LONGEST_GIVEN_BACK_S))
        query = parse_query(f"state:{','.join(sorted(PUT_OFF))} scheduled<={soon}")
        put_off = inspector.page(PageRequest(query, WAITING_LOOKED_AT, brief=True), facts.limits).jobs
        found += [job for job in put_off if not waits_for_its_time(job, facts)]
    return found


def _look_at_workers(
    inspector: Inspector, examination: Examination, limits: Limits, version: str, access: Access
) -> Iterator[Finding]:
    if not inspector.capabilities.workers:
        return
    try:
        snapshot = inspector.snapshot(Watch(limits=limits, parts=frozenset({Part.WORKERS})))
    except Unreachable:
        raise
    except QueueTuiError as error:
        yield _unread(Check.WORKERS, str(error))
        return
    if Part.WORKERS in snapshot.problems:
        yield _unread(Check.WORKERS, snapshot.problems[Part.WORKERS])
        return
    live = [worker for worker in snapshot.workers if is_live(worker, snapshot.now, limits)]
    if inspector.capabilities.native:
        yield fleet.judge_workers(live, len(snapshot.workers), version)
    if examination.late_leases is not None:
        yield fleet.judge_leases(examination.late_leases, snapshot.now, access)


def _unread(check: Check, why: str) -> Finding:
    return Finding(check, Level.UNKNOWN, f"it could not be read: {why}", {}, "look at the rights of this user")
