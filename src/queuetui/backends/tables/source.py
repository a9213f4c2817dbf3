"""Where jobs stand in tables: rows, what columns mean, and which state a row is in."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, and_, case, false, func, not_, or_, true

from queuetui.backends.tables.codecs import PLAIN, Codec
from queuetui.model.job import Attempt, Job
from queuetui.model.limits import Limits
from queuetui.model.query import Term, Value
from queuetui.model.state import State

Column = ColumnElement[Any]
Condition = ColumnElement[bool]
# The values of a row's key, as the store holds them.
Key = tuple[Any, ...]

STATES = tuple(State)
NO_STATE = len(STATES)
# The queue of rows that name none.
DEFAULT_QUEUE = "default"
# So many rows the server sorts in a moment.
SORTED_ROWS = 200_000
# The text of a source that is shown as the payload.
PAYLOAD = "payload"


class ReadRow(dict[str, Any]):
    """What a row says, by the names of its source's fields, texts and further columns."""

    # The time by which it is judged.
    now: datetime
    # Which of its texts were not read to their ends.
    cut: frozenset[str]
    # Whether nobody looks into its payload and error, so that these need not be decoded.
    is_brief: bool
    # What the job is called where it has no id of its own: its source and key.
    name: str
    # The payload as the column holds it; where it was cut, with one character or byte more than was wanted.
    stored_payload: Any


@dataclass(frozen=True, slots=True)
class Moment:
    """What rows are judged by: the time, the limits, and what is known of workers and pauses."""

    now: datetime
    limits: Limits
    # The queues that live workers take jobs from; None where they take from any, or nobody knows.
    served_queues: frozenset[str] | None = None
    paused_queues: frozenset[str] = frozenset()


Rule = Callable[[Moment], Condition]


@dataclass(frozen=True, slots=True)
class Field:
    """A column that holds a field of the filter language."""

    # The column, or an expression.
    at: Column
    codec: Codec = PLAIN
    # Whether texts that differ in their case only are one.
    folds: bool = False
    # Whether nothing else tells since when a job is due where this is NULL.
    is_last: bool = False
    # Whether the zone of its times was set for this field by itself.
    has_own_zone: bool = False


@dataclass(frozen=True, slots=True)
class DecodedFields:
    """Fields that no column holds: `Source.finish` decodes them from the texts of each row."""

    # Their names. Where a source has a column of the same name, rows are only ordered by it.
    fields: frozenset[str] = frozenset()
    # A column with a unique index that holds the id of each job that has one; the key is one number then.
    indexed_id: Column | None = None
    # Returns a condition that holds at least for the rows whose id a value may mean, None where that may be any.
    may_have_id: Callable[[Value], Condition | None] = lambda _: None
    # Returns the condition for the rows of a type.
    has_type: Callable[[str], Condition] | None = None
    # Tells whether a term holds for a job in a further sense that the product gives it.
    also_means: Callable[[Term, ReadRow, Job], bool] = lambda _, __, ___: False


@dataclass(frozen=True)
class Source:
    """Rows of one table or join that are jobs, and what their columns mean."""

    name: str
    # A table or a join.
    rows: FromClause
    # Columns that are unique together, and have an index. Every order ends with them.
    key: tuple[Field, ...]
    # By the names of the filter language. "id" and "type" are here, or `decoded`.
    fields: Mapping[str, Field]
    # Exactly one rule holds for each row, whatever is NULL.
    states: Mapping[State, Rule]
    # What changes whenever anybody writes the row; an act compares it with what was seen.
    rev: tuple[Column, ...]

    # Until when the product leaves a run alone. Without it, and where it is NULL: for the profile's limit after "started".
    held: Field | None = None
    # Rows that wait and may not be tried again: they are stuck.
    out_of_attempts: Condition | None = None
    # Runs that were asked to end.
    cancelling: Condition | None = None

    # Rows of the table that are no jobs for people.
    hidden: Condition | None = None
    # The condition for this source's rows of a table; it is never NULL, and an index serves it unless the source is `sparse`.
    only: Condition | None = None
    # Whether hardly any row of a large table belongs to this source, and no index leads to those that do.
    sparse: bool = False
    # The table whose row an act locks and changes, where `rows` is a join.
    locked_table: FromClause | None = None
    # Why no verb changes its rows, empty where verbs may.
    read_only: str = ""

    # Fields that an index serves, and that are never NULL.
    lanes: frozenset[str] = frozenset()
    # Fields whose order is that of the key.
    key_orders: frozenset[str] = frozenset()
    # Whether workers take rows in the order of the key, so that those that run are the first.
    taken_by_key: bool = False
    # Of more rows the newest are not sorted out at each poll, as reading the field they are sorted by is costly.
    usually_sorted_rows: int = SORTED_ROWS
    # Returns a condition for an id that is cheaper than comparing the field, None where no index leads to it.
    by_id: Callable[[str], Condition | None] = lambda _: None

    # Long texts, of which a page reads the beginning. PAYLOAD is shown without more ado.
    texts: Mapping[str, Column] = field(default_factory=dict)
    # Further columns, read whole; but a page reads only so many bytes of those in `heads`.
    extra: Mapping[str, Column] = field(default_factory=dict)
    heads: Mapping[str, int] = field(default_factory=dict)
    # Adds to a job what is no column of its own, such as the error and remarks.
    finish: Callable[[ReadRow, Job], Job] = lambda _, job: job
    decoded: DecodedFields = DecodedFields()
    # Reads the attempts that are kept of the row with a key, oldest first.
    attempts: Callable[[Connection, Key], tuple[Attempt, ...]] | None = None
    # What is said of every page with jobs of this source.
    page_note: str = ""
    # The setting that names the zone of times that are stored without one.
    zone_setting: str = ""

    @property
    def table(self) -> FromClause:
        """The table whose row an act locks and changes."""
        return self.rows if self.locked_table is None else self.locked_table

    def part(self, name: str, only: Condition, states: Container[State]) -> Source:
        """Return its rows in some states as a source of their own, where an index leads to them."""
        kept = {state: rule for state, rule in self.states.items() if state in states}
        return replace(self, name=name, only=only, states=kept)

    def state(self, moment: Moment) -> ColumnElement[int]:
        """Return the place of a row's state in STATES, NO_STATE for a row that no rule knows."""
        return case(*((rule(moment), STATES.index(state)) for state, rule in self.states.items()), else_=NO_STATE)

    def in_states(self, wanted: Iterable[State], moment: Moment) -> Condition | None:
        """Return the condition for rows in any of the states, None where this source has no such rows."""
        kept = [state for state in self.states if state in set(wanted)]
        if len(kept) == len(self.states):
            return true()
        return or_(*(self.states[state](moment) for state in kept)) if kept else None

    def shown(self, where: Condition) -> Condition:
        """Return a condition without the rows that are hidden."""
        meant = where if self.only is None else and_(self.only, where)
        return meant if self.hidden is None else and_(meant, not_(func.coalesce(self.hidden, false())))

    def at_key(self, key: Key) -> Condition:
        """Return the condition for the row of a key."""
        return and_(*(part.at == value for part, value in zip(self.key, key, strict=True)))

    @property
    def is_partial(self) -> bool:
        """Whether some rows are not shown."""
        return self.hidden is not None or self.only is not None
