"""What a product of tables is: its sources, what each verb changes, what it keeps beside jobs."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Executable, and_

from queuetui.backends.reading.refusals import states_by_verb
from queuetui.backends.tables.source import Condition, Key, Moment, ReadRow, Source
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

# Adds to all jobs of a read what other rows or tables tell of them.
Completion = Callable[[Connection, Sequence[tuple[ReadRow, Job]]], list[Job]]


@dataclass(frozen=True, slots=True)
class RowPlace:
    """Where one row stands: the name of its source, and its key."""

    source: str
    key: Key


@dataclass(frozen=True, slots=True)
class LockedRow:
    """A row that nobody else can change until the transaction of an act ends."""

    source: Source
    place: RowPlace
    # The row as the statement read it, with the columns of `rev`.
    record: Mapping[Any, Any]
    # The same by the names of the source.
    row: ReadRow
    job: Job
    moment: Moment
    # What the act says besides its verb.
    args: Mapping[str, str]
    # The bytes that the act has for this job alone.
    data: bytes | None = None
    # Whether the database answers an INSERT with the row that it made.
    insert_returns: bool = False

    @property
    def unchanged(self) -> Condition:
        """The condition for the row as it was seen: what a worker does in between makes it false."""
        unmoved = (at.is_not_distinct_from(self.record[f"rev_{n}"]) for n, at in enumerate(self.source.rev))
        return and_(self.source.at_key(self.place.key), *unmoved)

    @property
    def is_stuck(self) -> bool:
        """Whether its run is over its time, or it waits for too long."""
        return bool(self.record["stuck_"])


# Yields statements, each of which must change exactly one row; it is sent the row that the statement returns, else the result.
# It returns where the job stands then, None where that is its old place.
Statements = Generator[Executable, Any, RowPlace | None]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A job that was put into another store."""

    state: State
    rev: str
    # Says that it was put there, for the report of an act that failed afterwards.
    put: str


@dataclass(frozen=True, slots=True)
class Change:
    """What one verb does to the rows of one source in some states."""

    verb: Verb
    source: str
    states: frozenset[State]
    write: Callable[[LockedRow], Statements]
    # Whether a run that is not over its time is left alone.
    only_stuck: bool = False
    # What to beware of once it is done.
    note: str | Callable[[LockedRow], str] = ""
    # Says why a row is left as it is, nothing where it may be changed.
    refusal: Callable[[LockedRow], str] = lambda _: ""
    # Whether the verb is shown as fitting the states; False where it fits few of their rows.
    offered: bool = True
    # Puts the job into another store, after the statements and before the commit: what it raises leaves the row as it was.
    put_elsewhere: Callable[[LockedRow], Elsewhere] | None = None


@dataclass(frozen=True, slots=True)
class Sides:
    """What a product keeps beside its jobs; each is None where it keeps nothing of the kind."""

    workers: Callable[[Connection, Moment], tuple[WorkerInfo, ...]] | None = None
    # Reads the paused queues: `uncounted_queue` with since when, or as held.
    pauses: Callable[[Connection, Moment], tuple[QueueInfo, ...]] | None = None
    schedules: Callable[[Connection], tuple[KeptSchedule, ...]] | None = None
    events: Callable[[ConsoleDatabase], EventLog] | None = None
    # Opens the chores that a mapping declares; its last argument is called after each.
    upkeep: Callable[[ConsoleDatabase, datetime | None, Callable[[], None]], Upkeep] | None = None
    # The verbs on all these.
    manages: frozenset[Verb] = frozenset()


# Pauses or resumes a queue for the act's person; returns why the queue was left as it is, and what to know once it is done.
QueueChange = Callable[[Connection, str, Moment, Act], tuple[str, str]]


@dataclass(frozen=True)
class Product:
    """One queue of one product: where its jobs are, what can be changed, and why the rest cannot."""

    kind: str
    label: str
    sources: tuple[Source, ...]
    changes: tuple[Change, ...]
    # The tables that are this queue, separated by commas.
    tables: str
    # Tells it from other queues of the product in one database.
    name: str = ""
    # Whether its tables are found without naming their schema.
    is_visible: bool = True

    # Why a field of the filter language cannot be known, a state is not kept, a verb is not done.
    absent: Mapping[str, str] = field(default_factory=dict)
    missing_states: Mapping[State, str] = field(default_factory=dict)
    reasons: Mapping[Verb, str] = field(default_factory=dict)
    # What to beware of before a verb is done.
    warnings: Mapping[Verb, str] = field(default_factory=dict)
    # Why there may be jobs that are not counted.
    unseen: str = ""

    sides: Sides = field(default_factory=Sides)
    queue_changes: Mapping[Verb, QueueChange] = field(default_factory=dict)
    complete: Completion = lambda _, read: [job for _, job in read]
    # Functions that statements call and SQLite lacks, by their names there.
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    # Returns the sources with what only their rows tell, each time the queue is opened.
    learn_sources: Callable[[Connection, datetime], tuple[Source, ...]] | None = None

    # These are as in `Capabilities`.
    cleanup: tuple[State, ...] = (State.COMPLETED, State.CANCELLED)
    ended_by: str = "completed"
    worker_command: tuple[str, ...] = ()
    unseen_workers: str = ""

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
            taken_by="created" if any(one.taken_by_key for one in self.sources) else "scheduled",
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
