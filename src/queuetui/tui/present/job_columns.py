"""The columns of a list of jobs, by the states in it, and the field that orders each column."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from queuetui.model.pattern import Pattern
from queuetui.model.query import Query, Sort
from queuetui.model.state import FINAL, PUT_OFF, State
from queuetui.tui.present.cells import Align
from queuetui.tui.present.table import Column

ID = Column("id", "id", 8, 16, priority=0)
WHOLE_ID = Column("id", "id", 36, priority=0)
TYPE = Column("type", "type", 17, 34, flex=1, priority=1)
QUEUE = Column("queue", "queue", 7, 16, flex=1, priority=4)
STATE = Column("state", "state", 11, priority=0)
# Wide enough for `scheduled! due 12 d`.
STATE_AND_TIME = replace(STATE, min_width=19, max_width=19)
STUCK_ALONE = Column("state", "", 1, priority=0)
AGE = Column("age", "age", 8, align=Align.RIGHT, priority=2)
AGE_LAST = replace(AGE, priority=7)
RUNNING, WAITING, DUE, ENDED = (replace(AGE, title=title) for title in ("running", "waiting", "due", "ended"))
ATTEMPTS = Column("att", "att", 5, align=Align.RIGHT, priority=6)
DATA = Column("data", "data", 10, 44, flex=1, priority=5, rest=True)
WHY = Column("why", "why", 20, 200, flex=4, priority=7, rest=True)
WHY_FIRST = replace(WHY, priority=3)
# With this width, queue and data fit beside an error at 80 cells, however long type and queue are.
TYPE_BESIDE_ERROR = replace(TYPE, min_width=12)
PRIORITY = Column("prio", "prio", 5, align=Align.RIGHT, priority=8, spare=True)
WORKER = Column("worker", "worker", 16, 30, flex=1, priority=9, spare=True)
WORKER_FIRST = replace(WORKER, priority=4, spare=False)

NORMAL = (ID, TYPE, QUEUE, STATE, AGE, ATTEMPTS, DATA, WHY, PRIORITY, WORKER)
TROUBLED = (ID, TYPE_BESIDE_ERROR, QUEUE, STATE, AGE, ATTEMPTS, DATA, WHY_FIRST, PRIORITY, WORKER)

_WAITING = frozenset({State.PENDING, State.BLOCKED})
_FIELD_OF_TIME = {
    AGE.title: "created",
    RUNNING.title: "started",
    WAITING.title: "scheduled",
    DUE.title: "scheduled",
    ENDED.title: "completed",
}
_FIELDS = {"type": "type", "queue": "queue", "state": "state", "att": "attempts", "prio": "priority"}
_WORDS = {
    Sort("created", descending=True): "newest first",
    Sort("created", descending=False): "oldest first",
    Sort("scheduled", descending=False): "longest due first",
    Sort("scheduled", descending=True): "latest due first",
    Sort("started", descending=False): "longest running first",
    Sort("completed", descending=True): "latest ended first",
}
_LOWEST_FIRST = frozenset({"type", "queue", "state", "started", "scheduled"})


@dataclass(frozen=True, slots=True)
class JobColumns:
    """The columns of one list, each ordered by what it shows."""

    columns: tuple[Column, ...]

    @property
    def fields(self) -> dict[str, str]:
        """The field that each column is ordered by, by the column's key, in their order."""
        return {column.key: field for column in self.columns if (field := _field_of(column)) is not None}

    def marks(self, order: Collection[Sort]) -> tuple[Sort, ...]:
        """Return the arrows of an order; an age rises as its time falls."""
        fields, columns = self.fields, {column.key: column for column in self.columns}
        return tuple(
            Sort(key, sort.descending != _counts_from_now(columns[key]))
            for sort in order
            for key, field in fields.items()
            if field == sort.field
        )

    def order_in_words(self, order: Sequence[Sort]) -> str:
        """Return an order in words if no column shows it; empty where an arrow does."""
        if not order or self.marks(order):
            return ""
        sort = order[-1]
        return _WORDS.get(sort, f"by {sort.field}, {'falling' if sort.descending else 'rising'}")

    def title_of(self, field: str) -> str:
        """Return the title of the column that is ordered by a field, empty where there is none."""
        return next((column.title for column in self.columns if _field_of(column) == field), "")


def first_order(field: str) -> Sort:
    """Return the order that the first sort by a column has.

    The longest wait, the latest end, the highest number and priority come first, and names from A on.
    """
    return Sort(field, descending=field not in _LOWEST_FIRST)


def columns_for(query: Query, kept: Collection[State], *, is_troubled: bool, is_wide: bool) -> JobColumns:
    """Return the columns for the jobs of a filter.

    `kept` are the states that the store has at all.
    """
    states = _states_of(query)
    is_one_queue = _is_one(query, "queue")
    chosen = [
        ID,
        TYPE_BESIDE_ERROR if is_troubled else TYPE,
        *(() if is_one_queue else (QUEUE,)),
        *_state_and_time(states, kept, is_troubled=is_troubled),
        ATTEMPTS,
        DATA,
    ]
    chosen.append(WHY_FIRST if is_troubled else WHY)
    chosen += [PRIORITY, WORKER_FIRST if states == {State.PROCESSING} else WORKER]
    if is_wide:
        chosen = [_WIDE.get(column.key, column) for column in chosen]
    return JobColumns(tuple(chosen))


# A whole id leaves little room for other columns: `why` is kept before all others.
_WIDE = {"id": WHOLE_ID, "why": replace(WHY, priority=0), "type": replace(TYPE, priority=3)}


def _state_and_time(states: frozenset[State], kept: Collection[State], *, is_troubled: bool) -> tuple[Column, Column]:
    """Return the columns of state and time.

    A state that all jobs have is left out, except for the mark of stuck jobs.
    """
    state = STUCK_ALONE if len(states & frozenset(kept)) == 1 else STATE
    if states == {State.PROCESSING}:
        return state, RUNNING
    if states and states <= _WAITING:
        return state, WAITING
    if states and states <= PUT_OFF:
        return state, DUE
    if states and states <= FINAL:
        return state, ENDED
    return STATE_AND_TIME, AGE_LAST if is_troubled else AGE


def _states_of(query: Query) -> frozenset[State]:
    """Return the states that a filter names, none where it allows all."""
    return frozenset(State(str(value)) for value in query.only_values("state") or ())


def _is_one(query: Query, field: str) -> bool:
    values = query.only_values(field)
    return values is not None and len(values) == 1 and not isinstance(values[0], Pattern)


def _field_of(column: Column) -> str | None:
    return (
        _FIELD_OF_TIME.get(column.title) if column.key == AGE.key else _FIELDS.get(column.key) if column.title else None
    )


def _counts_from_now(column: Column) -> bool:
    return column.key == AGE.key and column.title != DUE.title
