"""Where jobs stand in tables: rows, what columns mean, which state a row is in, which are stuck."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, and_, case, false, func, not_, or_, true

from queuetui.backends.tables.codecs import PLAIN, Codec
from queuetui.model.job import Attempt, Job
from queuetui.model.limits import Limits
from queuetui.model.query import Term, Value
from queuetui.model.state import WAITING, State

Column = ColumnElement[Any]
Condition = ColumnElement[bool]
Row = Mapping[str, Any]
# The values of a row's key, as the store holds them.
Key = tuple[Any, ...]

STATES = tuple(State)
NO_STATE = len(STATES)
# The queue of rows that name none.
DEFAULT_QUEUE = "default"
# So many rows the server sorts in a moment.
SORTED_ROWS = 200_000
PAYLOAD = "payload"
# What a row says beside its columns: which of its texts were not read to their ends, the time it is judged by, whether nobody looks
# into it, what it is called where it names no id, and its payload as the store has it, one character or byte more where it was cut.
CUT, NOW, BRIEF, PLACE, RAW = "cut.", "now.", "brief.", "place.", "raw."


@dataclass(frozen=True, slots=True)
class Moment:
    """What rows are judged by.

    `heard` are the queues that live workers listen to, None where that is any queue or nobody tells; `paused` those that are.
    """

    now: datetime
    limits: Limits
    heard: frozenset[str] | None = None
    paused: frozenset[str] = frozenset()


Rule = Callable[[Moment], Condition]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the filter language: its column and codec.

    `folds`: case makes no difference to it. `is_last`: where it is NULL, no other field tells it either.
    """

    at: Column
    codec: Codec = PLAIN
    folds: bool = False
    is_last: bool = False


@dataclass(frozen=True)
class Source:
    """Rows that are jobs.

    `key`: its columns together are unique and end every order; an index serves them. `fields` are named as in the filter language; "id"
    and "type" are there, or `read_here`. `states`: exactly one rule holds for every row, whatever is NULL. `rev`: what changes whenever
    somebody touches the row. `held`: until when the product leaves a run alone; without it, and where it is NULL, the profile's limit
    after "started" holds. `key_orders`: fields whose order is that of the key. `lanes`: fields that an index serves and that are never
    NULL. `hidden` rows are the product's own affair; `only` holds for all others where an index leads to them, and is never NULL.
    `texts`: long texts that a page reads the beginning of ("payload" is shown as such); `extra`: further columns,
    `heads`: of how many bytes of them a page reads no more.
    `finish` adds to a job what is no column of its own (the error, remarks), from `texts` and `extra`.
    `by_id` is a cheaper condition for one id than its field's, None where no index leads to it. `lockable` is the table whose row an
    act locks, where `rows` is a join. Of a source whose payload says what others keep in columns: `read_here` are the fields that
    `finish` reads out of its texts, which `fields` then has for orders alone; where "id" is one of them, a job without an id of its own
    is named by its row, which is a number where `indexed_id` is given: a column with a unique index that has the ids of all others.
    `may_have_id` gives a condition that holds for every row whose id a value may mean, `also` tells what a term means here beyond the
    filter language, `is_type` is the condition for a type. `spent` rows wait with no attempt left, and are stuck. `in_turn`: rows are
    taken in the order of their key, so that those that run are the first. `note` is said of each page with its jobs. `attempts` reads
    the runs that are kept of the row of a key, oldest first. `settled`: why nothing is done to any of its rows. `cancelling` holds for
    runs that were asked to end. `sparse`: hardly any of many rows is a job of this source, and no index leads
    to one. `zone_setting` names the zone of times that are stored without one, but of the fields in `own_zones`.
    `usually_sorted_rows`: of no more rows is the usual order read, which each poll asks for, where no index serves it and other orders
    cost less.
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
    only: Condition | None = None
    texts: Mapping[str, Column] = field(default_factory=dict)
    extra: Mapping[str, Column] = field(default_factory=dict)
    heads: Mapping[str, int] = field(default_factory=dict)
    finish: Callable[[Row, Job], Job] = lambda _, job: job
    by_id: Callable[[str], Condition | None] | None = None
    lockable: FromClause | None = None
    read_here: frozenset[str] = frozenset()
    may_have_id: Callable[[Value], Condition | None] = lambda _: None
    indexed_id: ColumnElement[Any] | None = None
    also: Callable[[Term, Row, Job], bool] = lambda _, __, ___: False
    is_type: Callable[[str], Condition] | None = None
    spent: Condition | None = None
    in_turn: bool = False
    note: str = ""
    attempts: Callable[[Connection, Key], tuple[Attempt, ...]] | None = None
    settled: str = ""
    cancelling: Condition | None = None
    sparse: bool = False
    usually_sorted_rows: int = SORTED_ROWS
    zone_setting: str = ""
    own_zones: frozenset[str] = frozenset()

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

    def stuck(self, moment: Moment) -> Condition:
        """Return the condition, never NULL, for rows that were held, or have been due, for too long."""
        ways = [self._held_too_long(moment), *self._due_too_long(moment)]
        if self.spent is not None:
            ways.append(self.spent)
        return func.coalesce(or_(*ways), false())

    def stuck_states(self) -> frozenset[State]:
        """Return the states in which a row may be stuck."""
        waits = WAITING if self.fields.keys() & {"scheduled", "created"} else frozenset[State]()
        return frozenset(self.states) & (waits | {State.PROCESSING})

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

    def _held_too_long(self, moment: Moment) -> Condition:
        running = self.in_states([State.PROCESSING], moment)
        started, updated = self.fields.get("started"), self.fields.get("updated")
        if running is None or (self.held is None and started is None):
            return false()
        over = false() if started is None else self._is_run_over(started, moment)
        if started is not None and updated is not None:
            over = or_(over, and_(started.at.is_(None), self._is_run_over(updated, moment)))
        if self.held is None:
            return and_(running, over)
        is_past = self.held.at < self.held.codec.to_store(moment.now)
        return and_(running, or_(is_past, and_(self.held.at.is_(None), over)))

    def _is_run_over(self, since: Field, moment: Moment) -> Condition:
        limits = moment.limits
        over = self._is_over(since, moment.now, limits.stuck_after_s, limits.per_queue_s, limits.per_type_s)
        learned = {name: span_s for name, span_s in limits.learned_s.items() if name not in limits.per_type_s}
        return and_(over, self._is_over(since, moment.now, 0, {}, learned)) if learned else over

    def _due_too_long(self, moment: Moment) -> Iterator[Condition]:
        """Yield the ways to be overdue, as `due_since` in the model; a pause is reason enough to wait."""
        limits = moment.limits
        ways: list[tuple[tuple[float, Mapping[str, float], Mapping[str, float]], Condition]] = [
            ((limits.overdue_after_s, limits.overdue_per_queue_s, limits.overdue_per_type_s), true()),
        ]
        if moment.heard is not None:
            ways.append(((limits.stuck_after_s, {}, {}), not_(self._is_of_queue(moment.heard))))
        waiting, pending = self.in_states(WAITING, moment), self.in_states([State.PENDING], moment)
        due, created = self.fields.get("scheduled"), self.fields.get("created")
        for spans, among in ways:
            runs = and_(among, not_(self._is_of_queue(moment.paused))) if moment.paused else among
            if due is not None and waiting is not None:
                yield and_(waiting, runs, self._is_over(due, moment.now, *spans))
            if created is not None and pending is not None:
                unknown = true() if due is None else due.at.is_(None)
                yield and_(pending, runs, unknown, self._is_over(created, moment.now, *spans))

    def _is_of_queue(self, names: frozenset[str]) -> Condition:
        """Return the condition for rows of some queues; it is never NULL."""
        if "queue" not in self.fields:
            return true() if DEFAULT_QUEUE in names else false()
        return func.coalesce(self.fields["queue"].at.in_(sorted(names)), false())

    def _is_over(
        self,
        since: Field,
        now: datetime,
        usual_s: float,
        per_queue_s: Mapping[str, float],
        per_type_s: Mapping[str, float],
    ) -> Condition:
        """Return the condition for rows past a limit: that of their type, else their queue, else the usual."""

        def floor(limit_s: float) -> Any:  # noqa: ANN401 - a time as the store holds it
            return since.codec.to_store(now - timedelta(seconds=limit_s))

        own = [
            (self._has_name(name, value), since.at < floor(limit_s))
            for name, each in (("type", per_type_s), ("queue", per_queue_s))
            for value, limit_s in each.items()
            if name in self.fields
        ]
        usual: Condition = since.at < floor(usual_s)
        return case(*own, else_=usual) if own else usual

    def _has_name(self, name: str, value: str) -> Condition:
        if name == "type" and self.is_type is not None:
            return self.is_type(value)
        found: Condition = self.fields[name].at == value
        return found
