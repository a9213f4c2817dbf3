"""Lays out a page: segments read one after the other, each a merge of index ranges.

    PageLayout                      the whole list, top to bottom
      PageSegment  order NEWEST     read to its end before the next one begins
        Lane       queuetui_job, queue = 'a'        one range of one index, already in that order
        Lane       queuetui_job_done, queue = 'a'   merged with the others by the order
      PageSegment  order DUE
        Lane ...

`ranges` makes the statement that reads one segment from a place on. `walks` calls it batch by batch, drops the rows that a residual term
refuses, and stops when it has enough jobs or has looked at enough rows; the place where it stopped becomes the cursor.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from sqlalchemy import Select, Table, select

from queuetui.backends.native.capabilities import KEPT
from queuetui.backends.native.sql.look.candidates import late_waits, stuck_runs
from queuetui.backends.native.sql.look.conditions import (
    AskedTerms,
    Condition,
    condition_for,
    index_conditions,
    state_is,
)
from queuetui.backends.native.sql.look.orders import CLAIM, DONE, DUE, NEWEST, RUN, IndexOrder
from queuetui.backends.native.sql.look.stuck_criteria import LATE_STATES, PUT_OFF, StuckCriteria
from queuetui.backends.native.sql.look.tables import job, job_done
from queuetui.backends.native.sql.look.term_kinds import TermKind, kind_of
from queuetui.backends.reading.query_scope import asks_for_stuck, queues_asked, states_asked
from queuetui.model.query import Query, Term
from queuetui.model.state import FINAL, LIVE, State

MOST_LANES = 200
RARE_STATES = (State.FAILED, State.CANCELLED)
# The filter field of the time that each order is by.
_ORDERED_BY = {DONE.name: "completed", DUE.name: "scheduled"}
# The index of running jobs on MySQL, which begins with the state.
RUNS = "queuetui_job_due"


@dataclass(frozen=True, slots=True)
class Lane:
    """A range of one table that an index holds in its segment's order; MySQL is told the index's name."""

    table: Table
    conditions: tuple[Condition, ...] = ()
    index: str = ""

    def rows(self, *columns: Any) -> Select[Any]:  # noqa: ANN401 - columns of any type
        """Return a select of columns over the range."""
        found = select(*columns).where(*self.conditions)
        return found.with_hint(self.table, f"force index ({self.index})", "mysql") if self.index else found


@dataclass(frozen=True, slots=True)
class PageSegment:
    """Lanes that are merged in one order."""

    order: IndexOrder
    lanes: tuple[Lane, ...]


@dataclass(frozen=True, slots=True)
class PageLayout:
    """The segments of a page: the store checks `filters` row by row, this program the `residual` terms."""

    segments: tuple[PageSegment, ...]
    filters: tuple[Term, ...] = ()
    residual: tuple[Term, ...] = ()


def lay_out(query: Query, known_queues: tuple[str, ...], criteria: StuckCriteria, asked: AskedTerms) -> PageLayout:
    """Return the layout of a filter's pages, in the backend's own order."""
    states = states_asked(query, KEPT)
    queues = queues_asked(query, known_queues)
    filters = tuple(term for term in query.terms if kind_of(term) is TermKind.FILTER)
    residual = tuple(term for term in query.terms if kind_of(term) is TermKind.RESIDUAL)
    indexed = [term for term in query.terms if kind_of(term) is TermKind.INDEX]
    if queues == () or not states:
        return PageLayout(())
    if asks_for_stuck(query):
        segments = _stuck(states, queues, criteria, tuple(condition_for(term, job.c, asked) for term in indexed))
    elif indexed:
        segments = _found_by_index(indexed, states, queues, asked)
    elif queues is None and states in {KEPT, LIVE & KEPT}:
        segments = [PageSegment(NEWEST, tuple(Lane(table, index="primary") for table in _tables(states)))]
    else:
        segments = [_bound(segment, filters, asked) for segment in _by_state(states, queues, known_queues, asked)]
    return PageLayout(tuple(segment for segment in segments if segment.lanes), filters, residual)


def _bound(segment: PageSegment, filters: Iterable[Term], asked: AskedTerms) -> PageSegment:
    """Return a segment with its lanes bounded by the filter's terms on the time that they are ordered by.

    Beyond it PostgreSQL may walk through all that was deleted and is not vacuumed yet.
    """
    if asked.dialect == "mysql":
        # It may check the time entry by entry to the end of the lane, where it would have stopped after enough rows.
        return segment
    terms = [term for term in filters if term.field == _ORDERED_BY.get(segment.order.name) and not term.negated]
    lanes = (
        replace(lane, conditions=(*lane.conditions, *(condition_for(term, lane.table.c, asked) for term in terms)))
        for lane in segment.lanes
    )
    return PageSegment(segment.order, tuple(lanes)) if terms else segment


def _tables(states: Iterable[State]) -> list[Table]:
    found = set(states)
    return [table for table, kept in ((job, LIVE), (job_done, FINAL)) if found & kept]


def _found_by_index(
    indexed: list[Term], states: frozenset[State], queues: tuple[str, ...] | None, asked: AskedTerms
) -> list[PageSegment]:
    lanes = []
    for table in _tables(states):
        among = [state_is(table.c.state, *states)]
        if queues is not None:
            among.append(table.c.queue.in_(queues))
        ways = product(*(index_conditions(term, table.c, asked) for term in indexed))
        lanes += [Lane(table, (*conditions, *among)) for conditions in ways]
    return [PageSegment(NEWEST, tuple(lanes))]


def _stuck(
    states: frozenset[State], queues: tuple[str, ...] | None, criteria: StuckCriteria, indexed: tuple[Condition, ...]
) -> list[PageSegment]:
    runs: list[Lane] = []
    waits: dict[State, list[Lane]] = {}
    if State.PROCESSING in states:
        within = () if queues is None else (job.c.queue.in_(queues),)
        runs.append(Lane(job, (stuck_runs(job.c, criteria), *within, *indexed), "" if indexed else RUNS))
    late = [(name, rule) for names, rule in late_waits(criteria) for name in names if queues is None or name in queues]
    for state in LATE_STATES:
        index = "" if indexed else _index_of(state, by_queue=True)
        found = late[:MOST_LANES] if state in states else []
        waits[state] = [Lane(job, (rule(job.c, criteria, name, state), *indexed), index) for name, rule in found]
    put_off = [lane for state in PUT_OFF for lane in waits[state]][:MOST_LANES]
    return [
        PageSegment(RUN, tuple(runs)),
        PageSegment(CLAIM, tuple(waits[State.PENDING])),
        PageSegment(DUE, tuple(put_off)),
    ]


def _by_state(
    states: frozenset[State], queues: tuple[str, ...] | None, known: tuple[str, ...], asked: AskedTerms
) -> list[PageSegment]:
    running = _lanes(job, [State.PROCESSING], states, queues)
    pending = _lanes(job, [State.PENDING], states, known if queues is None else queues)
    if queues is None and asked.dialect == "mysql":
        # It has no partial indexes: one holds both states, each in the order of its due times.
        waiting = _lanes(job, PUT_OFF, states, None)
    elif queues is None and states.issuperset(PUT_OFF):
        waiting = [Lane(job, (state_is(job.c.state, *PUT_OFF),))]
    else:
        waiting = _lanes(job, PUT_OFF, states, known if queues is None else queues)
    rare = _lanes(job_done, RARE_STATES, states, queues)
    completed = _lanes(job_done, [State.COMPLETED], states, known if queues is None else queues)
    final = [*rare, *completed]
    found = [(RUN, running), (CLAIM, pending), (DUE, waiting), (DONE, final)]
    if all(len(lanes) <= MOST_LANES for _, lanes in found):
        return [PageSegment(order, tuple(lanes)) for order, lanes in found]
    return [PageSegment(NEWEST, tuple(_wide(table, states, queues) for table in _tables(states)))]


def _lanes(
    table: Table, among: Iterable[State], states: frozenset[State], queues: tuple[str, ...] | None
) -> list[Lane]:
    lanes = []
    for state in among:
        if state in states:
            # The state is repeated in the form that defines the partial index.
            own = [state_is(table.c.state, *group) for group in (PUT_OFF, RARE_STATES) if state in group]
            own.append(state_is(table.c.state, state))
            within: list[list[Condition]] = [[]] if queues is None else [[table.c.queue == name] for name in queues]
            index = _index_of(state, by_queue=queues is not None)
            lanes += [Lane(table, (*own, *conditions), index) for conditions in within]
    return lanes


def _index_of(state: State, *, by_queue: bool) -> str:
    if state in FINAL:
        return "queuetui_job_done_page" if by_queue else "queuetui_job_done_recent"
    if not by_queue:
        return RUNS
    return "queuetui_job_wait" if state in PUT_OFF else "queuetui_job_ready"


def _wide(table: Table, states: frozenset[State], queues: tuple[str, ...] | None) -> Lane:
    conditions = [state_is(table.c.state, *states)]
    if queues is not None:
        conditions.append(table.c.queue.in_(queues))
    return Lane(table, tuple(conditions))
