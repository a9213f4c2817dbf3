"""Lays out a page: segments read one after the other, each of some states."""

from __future__ import annotations

from dataclasses import dataclass

from queuetui.backends.native.capabilities import KEPT
from queuetui.backends.native.redis.keys import ALL_JOBS
from queuetui.backends.native.redis.server import Value
from queuetui.backends.reading.query_scope import queues_asked, states_asked
from queuetui.model.query import Query, Sort
from queuetui.model.state import State

_NEWEST = Sort("created", descending=True)
# Running and waiting jobs stand by claim and due time, the longest first; final jobs by their end, the latest first.
_ORDER = (
    ("run", False, (State.PROCESSING,)),
    ("ready", False, (State.PENDING,)),
    ("due", False, (State.SCHEDULED, State.RETRYING)),
    ("done", True, (State.FAILED, State.CANCELLED, State.COMPLETED)),
)
_SORTED_BY = {"run": None, "ready": "scheduled", "due": "scheduled", "done": "completed"}


@dataclass(frozen=True, slots=True)
class Segment:
    """The jobs of some states, merged by their common order; `falls` when the highest value comes first."""

    name: str
    falls: bool
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """The segments of a page; `is_sorted` tells whether they are in the requested order."""

    segments: tuple[Segment, ...]
    is_sorted: bool
    queues: tuple[str, ...] | None = None

    def values(self) -> list[Value]:
        """Return queues and segments as arguments of the script."""
        found: list[Value] = [-1] if self.queues is None else [len(self.queues), *self.queues]
        for segment in self.segments:
            found += [int(segment.falls), len(segment.states), *segment.states]
        return found


def lay_out(query: Query, known_queues: tuple[str, ...]) -> Layout:
    """Return the segments of the pages of a filter."""
    states = states_asked(query, KEPT)
    queues = queues_asked(query, known_queues)
    sort = query.sort
    if not states or queues == ():
        return Layout((), is_sorted=True)
    if states == KEPT and queues is None:
        falls = sort is None or sort.field != _NEWEST.field or sort.descending
        return Layout((Segment("all", falls, (ALL_JOBS,)),), is_sorted=sort is None or sort.field == _NEWEST.field)
    found = [
        Segment(name, falls, tuple(state.value for state in among if state in states)) for name, falls, among in _ORDER
    ]
    segments = tuple(segment for segment in found if segment.states)
    if sort is None:
        return Layout(segments, is_sorted=True, queues=queues)
    if len(segments) == 1 and _SORTED_BY[segments[0].name] == sort.field:
        sole = Segment(segments[0].name, sort.descending, segments[0].states)
        return Layout((sole,), is_sorted=True, queues=queues)
    return Layout(segments, is_sorted=False, queues=queues)
