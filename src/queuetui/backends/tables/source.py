"""What a product says of itself: where its jobs stand, what each column means, and what each verb changes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, CursorResult, Executable, FromClause, and_, case, false, func, not_, or_, true

from queuetui.backends.tables.codecs import PLAIN, Codec
from queuetui.model.act import Verb
from queuetui.model.capabilities import Capabilities, Liveness
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.state import State

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from queuetui.backends.events import EventLog
    from queuetui.backends.sql.console_connection import ConsoleDatabase
    from queuetui.backends.upkeep import Upkeep
    from queuetui.model.worker import WorkerInfo

Column = ColumnElement[Any]
Condition = ColumnElement[bool]
Row = Mapping[str, Any]
# The values of a row's key, as the store holds them.
Key = tuple[Any, ...]

STATES = tuple(State)
NO_STATE = len(STATES)
PAYLOAD = "payload"


@dataclass(frozen=True, slots=True)
class Moment:
    """What rows are judged by."""

    now: datetime
    limits: Limits


Rule = Callable[[Moment], Condition]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the filter language: where its value stands, and how.

    `folds`: to its column, texts that differ in their case only are one.
    """

    at: Column
    codec: Codec = PLAIN
    folds: bool = False


@dataclass(frozen=True)
class Source:
    """Rows that are jobs.

    `key`: its columns together are unique and end every order; an index serves them. `fields` are named as in the filter language;
    "id" and "type" must be there. `states`: exactly one rule holds for every row, whatever is NULL. `rev`: what changes whenever
    somebody touches the row. `held`: until when the product leaves a run alone; without it the profile's limit after "started" holds.
    `key_orders`: fields whose order is that of the key. `lanes`: fields that an index serves and that are never NULL. `hidden` rows are
    the product's own affair. `texts`: long texts that a page reads the beginning of ("payload" is shown as such); `extra`: further
    columns. `finish` adds to a job what is no column of its own (the error, remarks), from `texts` and `extra`.
    `by_id` is a cheaper condition for one id than its field's. `lockable` is the table whose row an act locks, where `rows` is a join.
    """

    name: str
    rows: FromClause
    key: tuple[Field, ...]
    fields: Mapping[str, Field]
    states: Mapping[State, Rule]
    rev: tuple[Column, ...]
    held: Field | None = None
    key_orders: frozenset[str] = frozenset()
    lanes: frozenset[str] = frozenset()
    hidden: Condition | None = None
    texts: Mapping[str, Column] = field(default_factory=dict)
    extra: Mapping[str, Column] = field(default_factory=dict)
    finish: Callable[[Row, Job], Job] = lambda _, job: job
    by_id: Callable[[str], Condition] | None = None
    lockable: FromClause | None = None

    def state(self, moment: Moment) -> ColumnElement[int]:
        """Return the place of a row's state in STATES, NO_STATE for a row that no rule knows."""
        return case(*((rule(moment), STATES.index(state)) for state, rule in self.states.items()), else_=NO_STATE)

    def in_states(self, wanted: Iterable[State], moment: Moment) -> Condition | None:
        """Return the condition for rows in any of the states, None where this source has no such rows."""
        kept = [state for state in self.states if state in set(wanted)]
        if len(kept) == len(self.states):
            return true()
        return or_(*(self.states[state](moment) for state in kept)) if kept else None

    def stuck(self, moment: Moment) -> Condition:
        """Return the condition for rows that a worker has held for too long, which is never NULL."""
        running = self.in_states([State.PROCESSING], moment)
        since = self.fields.get("started")
        if running is None or (self.held is None and since is None):
            return false()
        return func.coalesce(and_(running, self._is_over(moment)), false())

    def shown(self, where: Condition) -> Condition:
        """Return a condition without the rows that are hidden."""
        return where if self.hidden is None else and_(where, not_(func.coalesce(self.hidden, false())))

    def _is_over(self, moment: Moment) -> Condition:
        if self.held is not None:
            over: Condition = self.held.at < self.held.codec.to_store(moment.now)
            return over
        since, limits = self.fields["started"], moment.limits

        def floor(limit_s: float) -> Any:  # noqa: ANN401 - a time as the store holds it
            return since.codec.to_store(moment.now - timedelta(seconds=limit_s))

        own = [
            (self.fields[name].at == value, since.at < floor(limit_s))
            for name, each in (("type", limits.per_type_s), ("queue", limits.per_queue_s))
            for value, limit_s in each.items()
            if name in self.fields
        ]
        usual: Condition = since.at < floor(limits.stuck_after_s)
        return case(*own, else_=usual) if own else usual


@dataclass(frozen=True, slots=True)
class Place:
    """Where one row stands: the name of its source, and its key."""

    source: str
    key: Key


@dataclass(frozen=True, slots=True)
class LockedRow:
    """A row that nobody else can change until the transaction ends; `args` are the act's, `data` the bytes for this row."""

    source: Source
    place: Place
    row: Row
    job: Job
    moment: Moment
    args: Mapping[str, str]
    data: bytes | None = None

    @property
    def same(self) -> Condition:
        """The row as it was seen: what a worker does in between makes this false."""
        at_key = (part.at == value for part, value in zip(self.source.key, self.place.key, strict=True))
        unmoved = (at.is_not_distinct_from(self.row[f"rev_{n}"]) for n, at in enumerate(self.source.rev))
        return and_(*at_key, *unmoved)


# Each statement must change exactly one row, and is answered with its result; what is returned is where the row now stands,
# None for its old place.
Statements = Generator[Executable, CursorResult[Any], Place | None]


@dataclass(frozen=True, slots=True)
class Change:
    """What one verb does to rows of one source in some states.

    `write` gives the statements. `only_stuck`: a run that is not over its time is left alone. `note` says what to beware of when it is
    done. `refusal` may say of a row why it is left as it is; empty text lets it be changed.
    """

    verb: Verb
    source: str
    states: frozenset[State]
    write: Callable[[LockedRow], Statements]
    only_stuck: bool = False
    note: str = ""
    refusal: Callable[[LockedRow], str] = lambda _: ""


@dataclass(frozen=True, slots=True)
class Sides:
    """What a product keeps beside its jobs, each None where it does not: its workers, its log, and what chores are declared for.

    `manages`: the verbs on them.
    """

    workers: Callable[[Connection, Moment], tuple[WorkerInfo, ...]] | None = None
    events: Callable[[ConsoleDatabase], EventLog] | None = None
    upkeep: Callable[[ConsoleDatabase, datetime | None], Upkeep] | None = None
    manages: frozenset[Verb] = frozenset()


@dataclass(frozen=True)
class Product:
    """One queue of one product: its sources, what can be changed, and why the rest cannot.

    `name` tells it from other queues of the product in one database, `is_visible` whether the connection looks there by itself.
    `absent` names the fields of the filter language that it cannot know, with the reason. `missing_states` says why a state is not kept.
    `guess` is why acts are refused until a person has named the tables. `unseen` says why there may be jobs that are not
    counted. `tables` says in our words where the queue lies. `sides` are what the product keeps beside its jobs.
    `cleanup` and `ended_by` are as in its capabilities.
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
    guess: str = ""
    unseen: str = ""
    name: str = ""
    is_visible: bool = True
    sides: Sides = field(default_factory=Sides)
    cleanup: tuple[State, ...] = (State.COMPLETED, State.CANCELLED)
    ended_by: str = "completed"

    @cached_property
    def capabilities(self) -> Capabilities:
        """What can be done, computed from the changes that are declared."""
        applies: dict[Verb, frozenset[State]] = {}
        for change in self.changes:
            applies[change.verb] = applies.get(change.verb, frozenset()) | change.states
        return Capabilities(
            kind=self.kind,
            label=self.label,
            native=False,
            applies=applies,
            keeps=frozenset(state for source in self.sources for state in source.states),
            reasons=self.reasons,
            warnings=self.warnings,
            manages=self.sides.manages,
            cleanup=self.cleanup,
            ended_by=self.ended_by,
            workers=self.sides.workers is not None,
            events=self.sides.events is not None,
            liveness=Liveness.DEADLINE if any(source.held is not None for source in self.sources) else Liveness.NONE,
        )

    def source(self, name: str) -> Source | None:
        """Return the source of a name."""
        return next((source for source in self.sources if source.name == name), None)

    def changes_for(self, verb: Verb, source: Source) -> tuple[Change, ...]:
        """Return what a verb does to rows of a source."""
        return tuple(one for one in self.changes if one.verb is verb and one.source == source.name)
