"""How many jobs each queue has in each state, with how each number was got."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from queuetui.backends.tables.reading import Reading
from queuetui.backends.tables.source import STATES
from queuetui.backends.tables.tallies import Counter, Tallies
from queuetui.model.measured import Exactness, Measured, absent, add_counts
from queuetui.model.snapshot import QueueInfo
from queuetui.model.state import State
from queuetui.model.text import Untrusted

BUDGET_S = 0.25
_SAMPLED = "scaled from a sample of its rows: to count them all takes the server too long; a queue with few rows may be missing"
_NOT_KEPT = "{label} has no {state} jobs"


@dataclass(frozen=True, slots=True)
class Counts:
    """Measured counts over all queues and of each."""

    by_state: Mapping[State, Measured[int]]
    stuck: Measured[int]
    total: Measured[int]
    queues: tuple[QueueInfo, ...]


@dataclass
class Counters:
    """One counter for each source."""

    budget_s: float = BUDGET_S
    _counters: dict[str, Counter] = field(default_factory=dict)

    def of(self, name: str) -> Counter:
        """Return the counter of a source."""
        return self._counters.setdefault(name, Counter())


@dataclass(slots=True)
class _Queue:
    """What one queue holds, by source."""

    states: dict[State, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    stuck: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    oldest_due_at: datetime | None = None


def count_jobs(reading: Reading, counters: Counters, *, exact: bool) -> Counts:
    """Count all sources: whole if `exact`, else within the server's budget, beyond which a sample is scaled."""
    share_s = counters.budget_s / len(reading.product.sources)
    found = {
        source.name: counters.of(source.name).read(reading, source, exact=exact, budget_s=share_s)
        for source in reading.product.sources
    }
    queues = _by_queue(found)
    measure = _Measure(reading, found)
    infos = tuple(
        QueueInfo(Untrusted(name), measure.states([one]), measure.stuck([one]), one.oldest_due_at)
        for name, one in sorted(queues.items())
    )
    every = list(queues.values())
    by_state = measure.states(every)
    total = add_counts([by_state[state] for state in State if by_state[state].value is not None])
    return Counts(by_state, measure.stuck(every), total, infos)


def _by_queue(found: Mapping[str, Tallies]) -> dict[str, _Queue]:
    queues: defaultdict[str, _Queue] = defaultdict(_Queue)
    for name, tallies in found.items():
        for tally in tallies.each:
            queue = queues[tally.queue]
            if tally.rank < len(STATES):
                queue.states[STATES[tally.rank]][name] += tally.number
            queue.stuck[name] += tally.stuck
            dues = [due for due in (queue.oldest_due_at, tally.oldest_due_at) if due is not None]
            queue.oldest_due_at = min(dues, default=None)
    return dict(queues)


@dataclass(frozen=True, slots=True)
class _Measure:
    """Says of each number how it was got."""

    reading: Reading
    found: Mapping[str, Tallies]

    def states(self, queues: list[_Queue]) -> dict[State, Measured[int]]:
        return {state: self._state(state, queues) for state in State}

    def stuck(self, queues: list[_Queue]) -> Measured[int]:
        return add_counts([self._number(name, sum(queue.stuck[name] for queue in queues)) for name in self.found])

    def _state(self, state: State, queues: list[_Queue]) -> Measured[int]:
        product = self.reading.product
        keeping = [source.name for source in product.sources if state in source.states]
        if not keeping:
            told = _NOT_KEPT.format(label=product.label, state=state.value)
            return absent(product.missing_states.get(state, told))
        return add_counts([self._number(name, sum(queue.states[state][name] for queue in queues)) for name in keeping])

    def _number(self, name: str, value: int) -> Measured[int]:
        tallies = self.found[name]
        if not tallies.counted:
            return Measured(value, Exactness.ESTIMATED, tallies.as_of, _SAMPLED)
        is_now = tallies.as_of == self.reading.moment.now
        return Measured(value, Exactness.EXACT if is_now else Exactness.CACHED, tallies.as_of)
