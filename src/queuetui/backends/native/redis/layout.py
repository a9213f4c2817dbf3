"""Chooses what a page reads and in which order: segments one after the other, each a merge of sorted sets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from queuetui.backends.native.query_scope import KEPT, queues_asked, states_asked
from queuetui.backends.native.redis.keys import ALL_JOBS, state_lane
from queuetui.backends.native.redis.server import Value
from queuetui.model.query import Query, Sort
from queuetui.model.state import State

_NEWEST = Sort("created", descending=True)
# Running and waiting jobs by claim and due time, the longest first; ended ones by their end, the latest first.
_ORDER = (
    ("run", False, (State.PROCESSING,)),
    ("ready", False, (State.PENDING,)),
    ("due", False, (State.SCHEDULED, State.RETRYING)),
    ("done", True, (State.FAILED, State.CANCELLED, State.COMPLETED)),
)
_SORTED_BY = {"run": None, "ready": "scheduled", "due": "scheduled", "done": "completed"}


@dataclass(frozen=True, slots=True)
class Segment:
    """Lanes (keys less their namespace) merged by score; `falls` when the highest comes first."""

    name: str
    falls: bool
    lanes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """What a page reads; `is_sorted` tells whether its order is the one that was asked for."""

    segments: tuple[Segment, ...]
    is_sorted: bool

    def values(self) -> list[Value]:
        """Return the segments as the script takes them."""
        found: list[Value] = []
        for segment in self.segments:
            found += [int(segment.falls), len(segment.lanes), *segment.lanes]
        return found


def lay_out(query: Query, known_queues: tuple[str, ...]) -> Layout:
    """Return the layout of a filter's pages."""
    states = states_asked(query)
    queues = queues_asked(query, known_queues)
    sort = query.sort
    if not states or queues == ():
        return Layout((), is_sorted=True)
    if states == KEPT and queues is None:
        falls = sort is None or sort.field != _NEWEST.field or sort.descending
        return Layout((Segment("all", falls, (ALL_JOBS,)),), is_sorted=sort is None or sort.field == _NEWEST.field)
    found = [Segment(name, falls, _lanes(among, states, queues)) for name, falls, among in _ORDER]
    segments = tuple(segment for segment in found if segment.lanes)
    if sort is None:
        return Layout(segments, is_sorted=True)
    if len(segments) == 1 and _SORTED_BY[segments[0].name] == sort.field:
        return Layout((Segment(segments[0].name, sort.descending, segments[0].lanes),), is_sorted=True)
    return Layout(segments, is_sorted=False)


def _lanes(among: Iterable[State], states: frozenset[State], queues: tuple[str, ...] | None) -> tuple[str, ...]:
    wanted = [state for state in among if state in states]
    names: tuple[str | None, ...] = (None,) if queues is None else queues
    return tuple(state_lane(state, name) for state in wanted for name in names)
