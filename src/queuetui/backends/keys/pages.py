"""Pages of jobs: along the shelves where these serve, else of a bounded part that is sorted here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from queuetui.backends.keys.entry_reader import BATCH_ENTRIES, KeysReading
from queuetui.backends.keys.late_jobs import find_late
from queuetui.backends.keys.lookup import find_whole
from queuetui.backends.keys.product import KeysProduct
from queuetui.backends.keys.seen import Seen
from queuetui.backends.keys.shelf import MOST_FIELDS, Entry, Kind, Shelf
from queuetui.backends.keys.walk import Walk, write_anchor
from queuetui.backends.payloads.stored_values import text_of
from queuetui.backends.reading.cursors import cut_walk
from queuetui.backends.reading.query_scope import asks_for_stuck, is_scope, names_asked, queues_asked, states_asked
from queuetui.backends.reading.sort_orders import NEWEST, cap_page, cut_page
from queuetui.backends.reading.term_plans import plan_by_names, require_answers
from queuetui.model.job import Job, shorten
from queuetui.model.measured import Exactness, Measured
from queuetui.model.page import Handling, Page, PageRequest, PlannedTerm
from queuetui.model.query import Query, Sort
from queuetui.model.query_match import matches
from queuetui.model.state import State
from queuetui.model.text import sanitize

# Making a job of what is stored takes some tenths of a millisecond, mostly for its payload.
LOOKED_JOBS = 2_000
SORTED_JOBS = 5_000
# A poll asks the server for no more than this, however many a job takes.
LOOKED_COMMANDS = 6_000
_LONGEST_RUN = Sort("started", descending=False)


def plan_terms(product: KeysProduct, query: Query) -> tuple[PlannedTerm, ...]:
    """Return how each term of a filter is answered."""
    absent, by_name = product.absent, frozenset({"id"})
    return tuple(
        PlannedTerm(term, Handling.REFUSED, absent[term.field])
        if term.field in absent
        else plan_by_names(term, by_name, LOOKED_JOBS)
        for term in query.terms
    )


def shelves_for(reading: KeysReading, query: Query) -> list[Shelf]:
    """Return the shelves that may hold jobs which a filter asks for."""
    states = states_asked(query, frozenset(State))
    names = [shelf.queue for shelf in reading.shelves if shelf.queue is not None]
    queues = queues_asked(query, tuple(dict.fromkeys(names)))
    return [
        shelf
        for shelf in reading.shelves
        if states.intersection(shelf.states) and (queues is None or shelf.queue is None or shelf.queue in queues)
    ]


def _cut_of(walk: Walk) -> tuple[str, ...]:
    """Return what is said of keys of which not all members can be listed."""
    return tuple(
        f"only {MOST_FIELDS:,} of the {size:,} members of {sanitize(text_of(shelf.key), 60)} are listed: they have no order"
        for shelf, size in zip(walk.shelves, walk.sizes, strict=True)
        if shelf.is_cut(size)
    )


@dataclass
class _Found:
    """The jobs that match."""

    seen: list[Seen]
    # The last entry that was looked at where a walk stopped before the end, None where it came to the end.
    end: Entry | None
    looked: int


def read_page(reading: KeysReading, request: PageRequest) -> Page:
    """Return one page; raises Unsupported for a filter on what the product does not keep."""
    require_answers(plan_terms(reading.product, request.query))
    ids = names_asked(request.query, "id")
    if ids is not None:
        named = [find_whole(reading, one) for one in dict.fromkeys(ids[:BATCH_ENTRIES])]
        return _cut(reading, request, [seen for seen, _ in named if seen is not None], NEWEST, is_all=True)
    shelves = shelves_for(reading, request.query)
    if asks_for_stuck(request.query):
        return _read_stuck(reading, request, shelves)
    if request.query.sort is not None:
        found = _look(Walk(reading, shelves), request)
        return _cut(reading, request, found.seen, request.query.sort, is_all=found.end is None)
    return _read_walked(Walk(reading, shelves, backward=request.backward), request)


def _read_stuck(reading: KeysReading, request: PageRequest, shelves: Sequence[Shelf]) -> Page:
    """Return those that were held for too long before those that are due for too long."""
    running = [shelf for shelf in shelves if State.PROCESSING in shelf.states]
    found = _look(Walk(reading, running), request)
    late, is_whole = find_late(reading, shelves)
    return _cut(reading, request, [*found.seen, *late], _LONGEST_RUN, is_all=found.end is None and is_whole)


def _read_walked(walk: Walk, request: PageRequest) -> Page:
    found = _look(walk, request, request.cursor, request.limit + 1, LOOKED_JOBS, LOOKED_COMMANDS)
    part = cut_walk([(one.job, one.entry) for one in found.seen], found.end, request, write_anchor)
    note = f"nothing serves this filter: {found.looked:,} jobs were looked through for this page, more lie beyond"
    return Page(
        tuple(map(shorten, part.items)),
        _total(walk, request, found, is_whole=request.cursor is None and not part.has_more),
        part.first,
        part.last,
        part.has_more,
        notes=(*_unkept(walk.reading, request.query), *_cut_of(walk), *((note,) if part.is_cut_short else ())),
        looked=found.looked if part.is_cut_short else None,
    )


def _unkept(reading: KeysReading, query: Query) -> tuple[str, ...]:
    """Return why there are no jobs of a state that is asked for, where the product says it."""
    every, missing = frozenset(State), reading.product.capabilities.missing
    asked = states_asked(query, every)
    return () if asked == every else tuple(why for state, why in missing.items() if state in asked)


def _look(
    walk: Walk,
    request: PageRequest,
    cursor: str | None = None,
    wanted: int = SORTED_JOBS,
    most: int = SORTED_JOBS,
    commands: float = inf,
) -> _Found:
    """Return the next jobs that match, each once: one that moved on between two batches is met twice."""
    seen: dict[str, Seen] = {}
    looked, asked, last = 0, 0, None
    is_plain = all(map(is_scope, request.query.terms))
    batch = min(BATCH_ENTRIES, wanted) if is_plain else BATCH_ENTRIES
    for entries in walk.batches(cursor, batch):
        if (looked >= most or asked >= commands) and last is not None:
            return _Found(list(seen.values()), last, looked)
        for one in walk.reading.load(entries):
            asked += len(one.loaded)
            if one.job.ref.id not in seen and _keeps(walk.reading, request.query, one.job):
                seen[one.job.ref.id] = one
                if len(seen) >= wanted:
                    return _Found(list(seen.values()), one.entry, looked)
        looked, last = looked + len(entries), entries[-1]
    return _Found(list(seen.values()), None, looked)


def _total(walk: Walk, request: PageRequest, found: _Found, *, is_whole: bool) -> Measured[int]:
    now = walk.reading.now
    if is_whole and not _cut_of(walk):
        return Measured(len(found.seen), as_of=now)
    states = states_asked(request.query, frozenset(State))
    queues = any(term.field == "queue" for term in request.query.terms)
    is_sure = all(states.issuperset(shelf.states) and not (queues and shelf.queue is None) for shelf in walk.shelves)
    if is_sure and all(map(is_scope, request.query.terms)):
        sized = list(zip(walk.shelves, walk.sizes, strict=True))
        unsure = sum(size for shelf, size in sized if shelf.kind is Kind.KEYS or shelf.has_others)
        why = f"{unsure:,} of them are keys or fields, of which some may be gone or stand for no job" if unsure else ""
        return Measured(sum(walk.sizes), Exactness.ESTIMATED if unsure else Exactness.EXACT, now, why)
    return Measured(len(found.seen), Exactness.CAPPED, now, "counted as far as was looked")


def _cut(reading: KeysReading, request: PageRequest, seen: Sequence[Seen], order: Sort, *, is_all: bool) -> Page:
    """Return the page asked for of jobs that are sorted here."""
    kept = [one.job for one in seen if _keeps(reading, request.query, one.job)]
    page = cut_page(kept, request, order, reading.now)
    name = (request.query.sort or order).field
    note = f"nothing serves sort:{name}: only the first {page.total.value:,} jobs of the usual order are sorted"
    return page if is_all else cap_page(page, note)


def _keeps(reading: KeysReading, query: Query, job: Job) -> bool:
    return matches(query, job, reading.now, reading.is_stuck)
