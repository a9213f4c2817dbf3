"""What a product of tables is: its sources, what each verb changes, what it keeps beside jobs."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Executable, and_

from queuetui.backends.reading.refusals import states_by_verb
from queuetui.backends.tables.source import Condition, Key, Moment, Row, Source
from queuetui.model.act import Act, Verb
from queuetui.model.capabilities import Capabilities, Liveness
from queuetui.model.job import Job
from queuetui.model.state import State

if TYPE_CHECKING:
    from queuetui.backends.events import EventLog
    from queuetui.backends.sql.catalog import StoredTable
    from queuetui.backends.sql.console_connection import ConsoleDatabase
    from queuetui.backends.upkeep import Upkeep
    from queuetui.model.schedule import KeptSchedule
    from queuetui.model.snapshot import QueueInfo
    from queuetui.model.worker import WorkerInfo

# Adds to jobs what takes a look at other rows or tables, for all that a read shows at once.
Completion = Callable[[Connection, Sequence[tuple[Row, Job]]], list[Job]]


@dataclass(frozen=True, slots=True)
class RowPlace:
    """Where one row stands: the name of its source, and its key."""

    source: str
    key: Key


@dataclass(frozen=True, slots=True)
class LockedRow:
    """A row that nobody else can change until the transaction ends.

    `args` are the act's, `data` the bytes for this row, `says` is the row as `finish` gets it. `returns`: the database answers an INSERT
    with the row that it made.
    """

    source: Source
    place: RowPlace
    row: Row
    job: Job
    moment: Moment
    args: Mapping[str, str]
    data: bytes | None = None
    says: Row = field(default_factory=dict)
    returns: bool = False

    @property
    def same(self) -> Condition:
        """The row as it was seen: what a worker does in between makes this false."""
        unmoved = (at.is_not_distinct_from(self.row[f"rev_{n}"]) for n, at in enumerate(self.source.rev))
        return and_(self.source.at_key(self.place.key), *unmoved)


# Each statement must change exactly one row, and is answered with its result, or with the row that it returns; what is returned is
# where the job now stands, None for its old place.
Statements = Generator[Executable, Any, RowPlace | None]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where a job stands in another store; `put` says so in words, told whatever comes after."""

    state: State
    rev: str
    put: str


@dataclass(frozen=True, slots=True)
class Change:
    """What one verb does to rows of one source in some states.

    `write` gives the statements. `only_stuck`: a run that is not over its time is left alone. `note` says what to beware of when it is
    done. `refusal` may say of a row why it is left as it is; empty text lets it be changed. `offered` False: it fits only some of
    the rows in these states, so that a state alone does not tell of it. `put_elsewhere` puts the job into another store once the
    statements have taken it away here and before that is kept: what it raises leaves the row as it was.
    """

    verb: Verb
    source: str
    states: frozenset[State]
    write: Callable[[LockedRow], Statements]
    only_stuck: bool = False
    note: str | Callable[[LockedRow], str] = ""
    refusal: Callable[[LockedRow], str] = lambda _: ""
    offered: bool = True
    put_elsewhere: Callable[[LockedRow], Elsewhere] | None = None


@dataclass(frozen=True, slots=True)
class Sides:
    """Workers, log, declared chores and schedules of a product, each None where it keeps none.

    `upkeep` is given what to call after each chore. `pauses` reads the queues that are paused (`uncounted_queue` with since when, or
    `held`). `manages`: the verbs on these.
    """

    workers: Callable[[Connection, Moment], tuple[WorkerInfo, ...]] | None = None
    events: Callable[[ConsoleDatabase], EventLog] | None = None
    upkeep: Callable[[ConsoleDatabase, datetime | None, Callable[[], None]], Upkeep] | None = None
    manages: frozenset[Verb] = frozenset()
    pauses: Callable[[Connection, Moment], tuple[QueueInfo, ...]] | None = None
    schedules: Callable[[Connection], tuple[KeptSchedule, ...]] | None = None


# Pauses or resumes a queue in the act's transaction for somebody; returns why it left it as it is, and what to know when it is done.
QueueChange = Callable[[Connection, str, Moment, Act], tuple[str, str]]


@dataclass(frozen=True)
class Product:
    """One queue of one product: its sources, what can be changed, and why the rest cannot.

    `name` tells it from other queues of the product in one database, `is_visible` whether the connection looks there by itself.
    `complete` adds to the jobs of one read what takes a look at others. `absent` names the fields of the filter language that it cannot
    know, with the reason. `missing_states` says why a state is not kept, `unseen` why there may be jobs that are not counted. `tables`
    says in our words where the queue lies. `sides` are what the product keeps beside its jobs, `queue_changes` what its verbs on queues
    do. `functions` are what a file of SQLite asks us of columns that it cannot read, by the names that statements give them.
    `learn_sources` gives the sources with what only rows tell of them, each time it is opened. `cleanup`, `ended_by`, `worker_command`
    and `unseen_workers` are as in its capabilities.
    """

    kind: str
    label: str
    sources: tuple[Source, ...]
    changes: tuple[Change, ...]
    tables: str
    absent: Mapping[str, str] = field(default_factory=dict)
    missing_states: Mapping[State, str] = field(default_factory=dict)
    reasons: Mapping[Verb, str] = field(default_factory=dict)
    warnings: Mapping[Verb, str] = field(default_factory=dict)
    unseen: str = ""
    name: str = ""
    is_visible: bool = True
    sides: Sides = field(default_factory=Sides)
    cleanup: tuple[State, ...] = (State.COMPLETED, State.CANCELLED)
    ended_by: str = "completed"
    worker_command: tuple[str, ...] = ()
    unseen_workers: str = ""
    complete: Completion = lambda _, read: [job for _, job in read]
    queue_changes: Mapping[Verb, QueueChange] = field(default_factory=dict)
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    learn_sources: Callable[[Connection, datetime], tuple[Source, ...]] | None = None

    def has_table(self, table: StoredTable) -> bool:
        """Tell whether the queue lies in a table."""
        names = self.tables.split(", ")
        return (table.is_visible and table.name in names) or f"{table.schema}.{table.name}" in names

    @cached_property
    def capabilities(self) -> Capabilities:
        """What can be done, computed from the changes that are declared."""
        return Capabilities(
            kind=self.kind,
            label=self.label,
            native=False,
            applies=states_by_verb(one for one in self.changes if one.offered),
            keeps=frozenset(state for source in self.sources for state in source.states),
            missing=self.missing_states,
            reasons=self.reasons,
            warnings=self.warnings,
            manages=self.sides.manages | frozenset(self.queue_changes),
            cleanup=self.cleanup,
            ended_by=self.ended_by,
            taken_by="created" if any(one.in_turn for one in self.sources) else "scheduled",
            worker_command=self.worker_command,
            unseen_workers=self.unseen_workers,
            workers=self.sides.workers is not None,
            attempts=any(source.attempts is not None for source in self.sources),
            events=self.sides.events is not None,
            schedules=self.sides.schedules is not None,
            liveness=Liveness.DEADLINE if any(source.held is not None for source in self.sources) else Liveness.NONE,
        )

    def only_read(self, why: str) -> Product:
        """Return the queue with nothing to be changed for a reason, as it is where there is none."""
        if not why:
            return self
        verbs = [*(change.verb for change in self.changes), *self.queue_changes]
        return replace(self, changes=(), queue_changes={}, reasons={**self.reasons, **dict.fromkeys(verbs, why)})

    def source(self, name: str) -> Source | None:
        """Return the source of a name."""
        return next((source for source in self.sources if source.name == name), None)

    def changes_for(self, verb: Verb, source: Source) -> tuple[Change, ...]:
        """Return what a verb does to rows of a source."""
        return tuple(one for one in self.changes if one.verb is verb and one.source == source.name)
