"""How many jobs each queue has in each state, with how each number was got."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic

from sqlalchemy import and_, case, literal, null, true

from queuetui.backends.reading.figures import JobFigures
from queuetui.backends.sql.comparisons import exact_text
from queuetui.backends.sql.groups import Grouping, GroupTally
from queuetui.backends.sql.tallies import BUDGET_S, SHORTEST_BUDGET_S, BudgetedCounter, Tallies
from queuetui.backends.tables.moments import Reading
from queuetui.backends.tables.source import DEFAULT_QUEUE, NO_STATE, STATES, Column, Condition, Source
from queuetui.backends.tables.stuck_rows import is_stuck
from queuetui.model.job_view import uncounted_queue
from queuetui.model.measured import Exactness, Measured, absent, add_counts
from queuetui.model.state import State

# A pending job whose row does not say when it is due is due since it is there.
_DUE = ("scheduled", "created")


# A counter for each source, by its name.
Counters = defaultdict[str, BudgetedCounter]


@dataclass(slots=True)
class _Queue:
    """What one queue holds."""

    # Rows by their state, None for those that are stuck, and by the name of their source.
    numbers: Counter[tuple[State | None, str]] = field(default_factory=Counter)
    oldest_due_at: datetime | None = None

    def add(self, source: Source, tally: GroupTally) -> None:
        rank = int(tally.groups[1])
        if rank < NO_STATE:
            self.numbers[STATES[rank], source.name] += tally.number
        self.numbers[None, source.name] += tally.sums[0]
        due = [
            source.fields[name].codec.from_store(low)
            for name, low in zip(_DUE, tally.lows, strict=True)
            if name in source.fields
        ]
        self.oldest_due_at = min((one for one in (self.oldest_due_at, *due) if one is not None), default=None)


def count_jobs(reading: Reading, counters: Counters, *, exact: bool, hurried: bool = False) -> JobFigures:
    """Count all sources within their budget, beyond which a sample is scaled; `exact`: without one.

    `hurried`: the first count of each has a smaller budget.
    """
    sources = reading.product.sources
    found = _tally(reading, counters, exact=exact, hurried=hurried)
    queues = _by_queue(sources, found)
    pauses = {one.name.raw: one for one in reading.pauses()}

    def measure(state: State | None, *held: _Queue) -> Measured[int]:
        return _measure(reading, found, state, held)

    infos = tuple(
        replace(
            pauses.get(name, uncounted_queue(name)),
            counts={state: measure(state, one) for state in State},
            stuck=measure(None, one),
            oldest_due_at=one.oldest_due_at,
        )
        for name, one in sorted((dict.fromkeys(pauses, _Queue()) | queues).items())
    )
    by_state = {state: measure(state, *queues.values()) for state in State}
    return JobFigures(by_state, measure(None, *queues.values()), _total(by_state, reading.product.unseen), infos)


def _tally(reading: Reading, counters: Counters, *, exact: bool, hurried: bool) -> dict[str, Tallies]:
    """Count each source, those first that were counted longest ago.

    Of several that are costly, one is counted again at each poll.
    """
    sources, begun, found = reading.product.sources, monotonic(), dict[str, Tallies]()
    share_s = BUDGET_S / max(1, len(sources))
    for source in sorted(sources, key=lambda one: counters[one.name].last_at):
        found[source.name] = counters[source.name].read(
            reading.connection,
            _grouping(reading, source),
            reading.moment.now,
            exact=exact,
            budget_s=share_s,
            hurried=hurried,
            is_spent=monotonic() - begun >= SHORTEST_BUDGET_S,
        )
    return {source.name: found[source.name] for source in sources}


def _grouping(reading: Reading, source: Source) -> Grouping:
    """Return what rows are counted by, queue and state, with how many are stuck and the oldest due."""
    moment = reading.moment
    queue: Column = literal(DEFAULT_QUEUE)
    if "queue" in source.fields:
        one = source.fields["queue"]
        queue = one.at if one.folds else exact_text(one.at, reading.dialect)
    pending = source.in_states([State.PENDING], moment)
    due: dict[str, Column] = dict.fromkeys(_DUE, null())
    if pending is not None:
        due |= dict(due_times(source, pending))
    return Grouping(
        source.rows,
        source.key[0].at,
        (queue, source.state(moment)),
        (case((is_stuck(source, moment), 1), else_=0),),
        tuple(due.values()),
        source.shown(true()) if source.is_partial else None,
    )


def due_times(source: Source, pending: Condition) -> Iterator[tuple[str, Column]]:
    """Return the columns that tell since when a row is due; each counts where those before are NULL."""
    wanted = pending
    for name in _DUE:
        if (one := source.fields.get(name)) is not None:
            yield name, case((wanted, one.at), else_=None)
            if one.is_last:
                return
            wanted = and_(pending, one.at.is_(None))


def _by_queue(sources: tuple[Source, ...], found: Mapping[str, Tallies]) -> dict[str, _Queue]:
    """Add up by queue; spellings that the database takes for one name are counted under the first."""
    tallies = [(source, tally, _name(tally)) for source in sources for tally in found[source.name].groups]
    folds = any("queue" in source.fields and source.fields["queue"].folds for source in sources)
    spellings: dict[str, str] = {}
    for name in sorted({name for _, _, name in tallies}):
        spellings.setdefault(folded(name) if folds else name, name)
    queues: defaultdict[str, _Queue] = defaultdict(_Queue)
    for source, tally, name in tallies:
        queues[spellings[folded(name) if folds else name]].add(source, tally)
    return dict(queues)


def _name(tally: GroupTally) -> str:
    return "" if tally.groups[0] is None else str(tally.groups[0])


def folded(name: str) -> str:
    """Return a name without case and accents, as databases compare it that ignore both."""
    plain = unicodedata.normalize("NFKD", name.rstrip(" "))
    return "".join(mark for mark in plain if not unicodedata.combining(mark)).casefold()


def _measure(
    reading: Reading, found: Mapping[str, Tallies], state: State | None, queues: Collection[_Queue]
) -> Measured[int]:
    """Return how many rows of some queues are in a state, or stuck, and how that was got."""
    product = reading.product
    keeping = [source.name for source in product.sources if state is None or state in source.states]
    if state is not None and not keeping:
        return absent(product.capabilities.why_missing(state))
    sums = {name: sum(queue.numbers[state, name] for queue in queues) for name in keeping}
    return add_counts([found[name].measure(number, reading.moment.now) for name, number in sums.items()])


def _total(by_state: Mapping[State, Measured[int]], unseen: str) -> Measured[int]:
    """Add up all states; a table that was not seen makes it a lower bound."""
    added = add_counts([one for one in by_state.values() if one.value is not None])
    if unseen and added.exactness is Exactness.EXACT:
        return Measured(added.value, Exactness.CAPPED, added.as_of, unseen)
    return added
