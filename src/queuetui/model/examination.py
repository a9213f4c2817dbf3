"""The examination of a store's condition, and its findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from queuetui.model.text import Untrusted

# An old snapshot is reported from this age on.
HELD_S = 30.0


class Check(StrEnum):
    """The checks, in the order in which they are reported."""

    REACHABLE = "reachable"
    SERVER = "server"
    SCHEMA = "schema"
    PROTOCOL = "protocol"
    RIGHTS = "rights"
    INDEXES = "indexes"
    FOREIGN_KEYS = "foreign_keys"
    DURABILITY = "durability"
    SNAPSHOTS = "snapshots"
    AUTOVACUUM = "autovacuum"
    VACUUM = "vacuum"
    CONNECTIONS = "connections"
    NOTICES = "notices"
    MEMORY = "memory"
    DISK = "disk"
    PACKET = "packet"
    CLOCK = "clock"
    WORKERS = "workers"
    LEASES = "leases"
    DUE = "due"
    HANDLERS = "handlers"
    STUCK = "stuck"
    CAPABILITIES = "capabilities"
    SELF_TEST = "self_test"


class Level(StrEnum):
    """The level of a check's finding; unknown where it could not be read."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """The finding of one check.

    `summary` and `next` are our own words, `evidence` holds the values read, names made safe.
    """

    check: Check
    level: Level
    summary: str
    evidence: Mapping[str, object] = field(default_factory=dict)
    next: str = ""


@dataclass(frozen=True, slots=True)
class Durability:
    """The grade of a store (A+, A, B, C, or empty where it does not tell) and the settings that made it.

    `failover_loses`: it has replicas that no commit waits for.
    """

    grade: str
    settings: Mapping[str, str] = field(default_factory=dict)
    failover_loses: bool = False

    @property
    def shown(self) -> str:
        """The grade with what is said of failovers, such as `A (R0)`."""
        return f"{self.grade} (R0)" if self.grade and self.failover_loses else self.grade


@dataclass(frozen=True, slots=True)
class SchemaFacts:
    """The versions of our own queue's schema and protocol.

    `version` is None without a schema, and ours are what this program knows.
    """

    version: int | None
    ours: int
    minimum_client: int
    our_level: int
    protocol: int
    our_protocol: int


@dataclass(frozen=True, slots=True)
class HeldSnapshot:
    """An old snapshot that a session holds open.

    Rows deleted since then cannot be removed.
    `kind` is session, prepared or slot; `since` is None where the server does not tell.
    """

    kind: str
    name: Untrusted
    user: Untrusted | None = None
    application: Untrusted | None = None
    since: datetime | None = None
    age_s: float | None = None


@dataclass(frozen=True, slots=True)
class LateLeases:
    """Leases that were over longer ago than a sweep takes, and when the first of them ended.

    The count is capped.
    """

    count: int
    oldest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory in use and the most it may be, in bytes; 0 is no limit.

    `policy` is what the server does when it is full.
    """

    used: int
    most: int
    policy: str


@dataclass(frozen=True, slots=True)
class ForeignKeys:
    """The foreign keys from and to a queue's tables.

    `unchecked` were never validated against the rows, or refer to nothing; no index begins with the columns of the `unindexed`.
    """

    count: int
    unchecked: tuple[Untrusted, ...] = ()
    unindexed: tuple[Untrusted, ...] = ()


@dataclass(frozen=True, slots=True)
class DeadSpace:
    """The space of a table's deleted rows beside that of live ones; `unit` is rows or bytes."""

    table: Untrusted
    live: int
    dead: int
    unit: str


@dataclass(frozen=True, slots=True)
class DiskRoom:
    """The free bytes of a disk."""

    free: int
    total: int


@dataclass(frozen=True, slots=True)
class TableCondition:
    """The condition of a queue's tables.

    `missing` tells by table which rights this user lacks. `indexes` are how many of ours there should be and which lack; None
    where they are not ours.
    """

    tables: int
    missing: Mapping[str, tuple[str, ...]]
    foreign_keys: ForeignKeys
    dead: tuple[DeadSpace, ...]
    room: DiskRoom | None = None
    indexes: tuple[int, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Examination:
    """All values that were read of a store's condition.

    None is what it has not, `unread` says of a check why it could not be read.
    `oldest` is the oldest version that is supported, empty where every one is. `connections` are those in use and the most there
    may be. `pooled` is whether a pooler stands before the server, which passes no notices on. `unvacuumed` names what autovacuum
    leaves alone. `hidden_sessions` counts those whose start is kept from this user.
    """

    product: str
    version: Untrusted
    oldest: str = ""
    supported: bool = True
    schema: SchemaFacts | None = None
    durability: Durability | None = None
    held: tuple[HeldSnapshot, ...] | None = None
    hidden_sessions: int = 0
    unvacuumed: tuple[Untrusted, ...] | None = None
    connections: tuple[int, int] | None = None
    pooled: bool | None = None
    memory: Memory | None = None
    packet_bytes: int | None = None
    late_leases: LateLeases | None = None
    tables: TableCondition | None = None
    unread: Mapping[Check, str] = field(default_factory=dict)


def describe_finding(finding: Finding) -> dict[str, Any]:
    """Return a finding as programs read it."""
    return {
        "check": finding.check.value,
        "level": finding.level.value,
        "summary": finding.summary,
        "evidence": dict(finding.evidence),
        "next": finding.next or None,
    }
