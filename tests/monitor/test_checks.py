"""What each reading of a store's condition means."""

from __future__ import annotations

from datetime import timedelta

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.memory.backend import MemoryBackend
from queuetui.backends.native.memory.store import MemoryStore
from queuetui.model.access import OWN
from queuetui.model.examination import (
    Check,
    DeadSpace,
    DiskRoom,
    Durability,
    Examination,
    Finding,
    ForeignKeys,
    HeldSnapshot,
    LateLeases,
    Level,
    Memory,
    SchemaFacts,
)
from queuetui.model.job import NewJob
from queuetui.model.limits import Limits
from queuetui.model.text import Untrusted
from queuetui.model.worker import WorkerCard
from queuetui.monitor.checks import fleet, server, tables, versions
from queuetui.monitor.checkup import check_up, worst
from tests.monitor.pictures import FOREIGN, NOW, ago, worker

OK, WARNING, CRITICAL, UNKNOWN = Level.OK, Level.WARNING, Level.CRITICAL, Level.UNKNOWN
CURRENT = SchemaFacts(version=1, ours=1, minimum_client=1, our_level=1, protocol=1, our_protocol=1)


def schema(**changes: int | None) -> SchemaFacts:
    """Return a schema that is up to date but for the changes."""
    facts = {name: getattr(CURRENT, name) for name in CURRENT.__slots__}
    return SchemaFacts(**{**facts, **changes})


def held(kind: str = "session", name: str = "4711", age_s: float | None = 200.0) -> HeldSnapshot:
    """Return a picture of the data that somebody holds open."""
    since = None if age_s is None else ago(age_s)
    return HeldSnapshot(kind, Untrusted(name), Untrusted("ann"), Untrusted("psql"), since, age_s)


CASES: list[tuple[Finding, Level, str, str]] = [
    (versions.judge_server(Examination("PostgreSQL", Untrusted("15.4"), "13.0")), OK, "PostgreSQL 15.4", ""),
    (versions.judge_server(Examination("Redis", Untrusted("6.0"), "6.2", False)), WARNING, "older than 6.2", "upgrade"),
    (versions.judge_server(Examination("Redis", Untrusted(""), "6.2")), UNKNOWN, "does not tell", ""),
    (versions.judge_schema(schema(), OWN), OK, "up to date", ""),
    (versions.judge_schema(schema(ours=2), OWN), WARNING, "older than 2", "queuetui migrate"),
    (versions.judge_schema(schema(version=9), OWN), CRITICAL, "newer than 1", "install the newer queuetui"),
    (versions.judge_schema(schema(version=None), OWN), CRITICAL, "no schema", "queuetui migrate"),
    (versions.judge_protocol(schema()), OK, "may use the queue", ""),
    (versions.judge_protocol(schema(minimum_client=7)), CRITICAL, "clients of level 7", "install"),
    (versions.judge_protocol(schema(protocol=2)), CRITICAL, "get no lease", "install"),
    (versions.judge_durability("SQLite", Durability("A")), OK, "grade A", ""),
    (versions.judge_durability("PostgreSQL", Durability("A+")), OK, "nor at most failovers", ""),
    (
        versions.judge_durability("PostgreSQL", Durability("A", {}, True)),
        OK,
        "A (R0): nothing that was acknowledged",
        "",
    ),
    (versions.judge_durability("PostgreSQL", Durability("A", {}, True)), OK, "a failover may lose", ""),
    (versions.judge_durability("PostgreSQL", Durability("B")), WARNING, "last moments", "synchronous_commit = on"),
    (versions.judge_durability("MariaDB", Durability("C")), CRITICAL, "any job", "innodb_doublewrite"),
    (versions.judge_durability("Redis", Durability("")), UNKNOWN, "does not tell", "allow"),
    (server.judge_snapshots((), 0, 60), OK, "over 1 m", ""),
    (server.judge_snapshots((), 3, 60), OK, "over 1 m", "pg_read_all_stats"),
    (
        server.judge_snapshots((held(),), 0, 60),
        WARNING,
        "pid 4711 (user ann, application psql)",
        "pg_terminate_backend",
    ),
    (server.judge_snapshots((held(), held()), 0, 60), WARNING, "for 3 m, and 1 other too", ""),
    (server.judge_snapshots((held("slot", "o'k", None),), 0, 60), WARNING, "slot o'k has", "slot('o''k')"),
    (server.judge_vacuuming(()), OK, "looks after", ""),
    (server.judge_vacuuming((Untrusted("*"),)), WARNING, "autovacuum is off:", "autovacuum = on"),
    (server.judge_vacuuming((Untrusted("queuetui_job"),)), WARNING, "for queuetui_job", "reset (autovacuum_enabled)"),
    (server.judge_connections(79, 100), OK, "79 of 100", ""),
    (server.judge_connections(80, 100), WARNING, "80 of 100", "pooler"),
    (server.judge_connections(95, 100), CRITICAL, "95 of 100", "pooler"),
    (server.judge_memory(Memory(1 << 20, 0, "noeviction"), OWN), OK, "1.0 MiB without a limit", ""),
    (server.judge_memory(Memory(79, 100, "noeviction"), OWN), OK, "in use", ""),
    (server.judge_memory(Memory(80, 100, "noeviction"), OWN), WARNING, "refuses new jobs", "maxmemory"),
    (server.judge_memory(Memory(95, 100, ""), OWN), CRITICAL, "refuses new jobs", "maxmemory"),
    (server.judge_memory(Memory(1, 100, "allkeys-lru"), OWN), WARNING, "throws keys away", "noeviction"),
    (tables.judge_rights({}, 3), OK, "3 tables", ""),
    (tables.judge_rights({"a": ("select",)}, 3), CRITICAL, "may not read a", "grant select on a"),
    (tables.judge_rights({"a": ("delete",)}, 3), WARNING, "may not delete in a", "grant delete on a"),
    (tables.judge_rights({"a": ("delete", "insert", "update")}, 1), OK, "may read all", "looking alone"),
    (tables.judge_indexes((), 4), OK, "all 4", ""),
    (tables.judge_indexes(("a",), 4), WARNING, "1 of our 4", "make a again"),
    (tables.judge_foreign_keys(ForeignKeys(0)), OK, "no foreign keys", ""),
    (tables.judge_foreign_keys(ForeignKeys(2, (), (Untrusted("a.b"),))), WARNING, "a.b", "create an index"),
    (tables.judge_dead_space((DeadSpace(Untrusted("a"), 10_000, 9_999, "rows"),)), OK, "no table", ""),
    (tables.judge_dead_space((DeadSpace(Untrusted("a"), 10_000, 10_001, "rows"),)), WARNING, "10,001", "vacuum"),
    (tables.judge_dead_space((DeadSpace(Untrusted("a"), 1, 65 << 20, "bytes"),)), WARNING, "most of a", "optimize"),
    (tables.judge_room(DiskRoom(11, 100)), OK, "free", ""),
    (tables.judge_room(DiskRoom(10, 100)), WARNING, "free", "free some"),
    (tables.judge_room(DiskRoom(3, 100)), CRITICAL, "free", "free some"),
    (server.judge_packet(16 << 20), OK, "16.0 MiB", ""),
    (server.judge_packet(1 << 20), WARNING, "1.0 MiB", "max_allowed_packet"),
    (fleet.judge_answer(0.004), OK, "in 4 ms", ""),
    (fleet.judge_answer(1.4), WARNING, "1.4 s", "network"),
    (fleet.judge_clock(4.9, 0.0), OK, "agree", ""),
    (fleet.judge_clock(5.4, 0.5), OK, "agree", ""),
    (fleet.judge_clock(70.0, 0.1), WARNING, "1 m 10 s ahead of", "NTP"),
    (fleet.judge_clock(-70.0, 0.1), WARNING, "1 m 10 s behind", "NTP"),
    (fleet.judge_workers([], 2, "0.1.0"), OK, "no worker is live", ""),
    (fleet.judge_workers([worker()], 1, "0.1.0"), OK, "every one of version 0.1.0", ""),
    (fleet.judge_workers([worker()], 1, "0.2.0"), WARNING, "1 of 1 live worker run another", "restart"),
    (fleet.judge_leases(LateLeases(0), NOW, OWN), OK, "no lease", ""),
    (fleet.judge_leases(LateLeases(2, ago(120)), NOW, OWN), WARNING, "2 leases ended up to 2 m ago", "queuetui worker"),
    (fleet.judge_capabilities(FOREIGN), OK, "Laravel: retry; no cancel: Laravel cannot cancel; no delete: ", ""),
]


@pytest.mark.parametrize(("finding", "level", "summary", "step"), CASES, ids=lambda value: str(value)[:30])
def test_a_reading_is_judged(finding: Finding, level: Level, summary: str, step: str) -> None:
    """Each reading has its level, says what was found, and where something is wrong what to do."""
    assert (finding.level, summary in finding.summary) == (level, True), finding
    assert step in finding.next
    assert (level is OK) or finding.next or level is UNKNOWN


def test_what_is_named_cannot_write_to_a_terminal() -> None:
    """Names that others chose are made visible, in the story, in what was read and in the next step."""
    told = server.judge_snapshots((held("prepared", "a\x1b[2Jb"),), 0, 60)
    assert "\x1b" not in told.summary + told.next + str(told.evidence["held"])
    assert "\\x1b" in told.summary


def test_the_worst_level_is_the_whole() -> None:
    """Critical goes before warning, warning before what could not be read, and that before all is well."""

    def whole(*levels: Level) -> Level:
        return worst(tuple(Finding(Check.SERVER, level, "") for level in levels))

    assert whole(OK, UNKNOWN, WARNING, CRITICAL) is CRITICAL
    assert whole(OK, UNKNOWN, WARNING) is WARNING
    assert whole(OK, UNKNOWN) is UNKNOWN
    assert whole(OK) is OK


def test_a_store_is_looked_over() -> None:
    """Each check is told once, in one order; the clock and the workers are read from the store."""
    backend = MemoryBackend(MemoryStore(clock=lambda: NOW), BackendOptions())
    backend.jobs.register(WorkerCard("w1", "web-1", 4411, "0.0.9", ("mail",), 9))
    told = {finding.check: finding for finding in check_up(backend, Limits(), "0.1.0")}
    assert list(told) == [
        *(Check.REACHABLE, Check.SERVER, Check.DURABILITY, Check.CLOCK, Check.WORKERS, Check.LEASES),
        *(Check.DUE, Check.HANDLERS, Check.STUCK),
    ]
    assert told[Check.CLOCK].level is WARNING
    assert told[Check.WORKERS].evidence["others"] == ["web-1/4411 0.0.9"]
    assert told[Check.DURABILITY].level is CRITICAL


def test_due_jobs_that_no_worker_made_pending_are_asked_for_their_type() -> None:
    """Whoever knows no such type promotes it neither: a delayed job that is due is told as a pending one is, one that is not due is not."""
    now = NOW
    backend = MemoryBackend(MemoryStore(clock=lambda: now), BackendOptions())
    backend.jobs.register(WorkerCard("w1", "web-1", 4411, "0.1.0", (), 9, ("Send",)))
    first, second = (f"0195a3f0-9c00-7000-8000-{number:012x}" for number in range(2))
    backend.jobs.enqueue([NewJob(first, "Print", b"{}", delay_s=60.0), NewJob(second, "Scan", b"{}", delay_s=6_000.0)])
    now = NOW + timedelta(seconds=90)
    backend.jobs.beat("w1", None, stopping=False)
    told = {finding.check: finding for finding in check_up(backend, Limits(), "0.1.0")}
    assert told[Check.HANDLERS].evidence["unknown"] == ["Print"]
