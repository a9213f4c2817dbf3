"""The figures of a backend as programs read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from queuetui.model.claim_rules import RulesInUse
from queuetui.model.clock import to_text
from queuetui.model.measured import Exactness, Measured, add_counts
from queuetui.model.rates import RATE_MINUTES, recent_in_all
from queuetui.model.snapshot import TALLY_MINUTES, QueueInfo, Snapshot
from queuetui.model.state import State

NO_RULES: Mapping[str, RulesInUse] = {}


def describe_stats(snapshot: Snapshot, rules: Mapping[str, RulesInUse] = NO_RULES) -> dict[str, Any]:
    """Return the figures of all queues and of each.

    Counts by state, `blocked` of systems that know such jobs, `stuck`, `total`, averages, rates and the oldest due time; `rules` are by
    queue.
    Beside the figures, `exactness` says how each came about that is not exact, `reasons` why, and `counted_at` when one was counted that
    is not of now; `measures` says what the averages and rates are of. None is what the backend does not keep.
    """
    known: dict[str, Measured[Any]] = {**_by_state(snapshot.counts), "stuck": snapshot.stuck, "total": snapshot.total}
    known["average_seconds"] = snapshot.average_s
    dues = [queue.oldest_due_at for queue in snapshot.queues if queue.oldest_due_at is not None]
    rated = any(queue.recent is not None for queue in snapshot.queues)
    return {
        **_describe_measured(known, snapshot.now),
        "done_per_minute": recent_in_all(snapshot.tally, snapshot.now).done_per_minute if rated else None,
        **_describe_oldest(min(dues, default=None), snapshot.now),
        "measures": {
            "average_seconds": {"minutes": TALLY_MINUTES, "of": "handler runs that ended"},
            "done_per_minute": {"minutes": RATE_MINUTES, "of": "completed jobs, in whole minutes"},
        },
        "backend": snapshot.backend,
        "as_of": to_text(snapshot.now),
        "queues": {
            queue.name.raw: _describe_queue(queue, rules.get(queue.name.raw), snapshot.now) for queue in snapshot.queues
        },
    }


def measured_stats(figures: Mapping[str, Any]) -> dict[str, Measured[int]]:
    """Return the counts of described figures with how each was measured."""
    return {
        name: Measured(figures[name], Exactness(figures["exactness"].get(name, Exactness.EXACT)))
        for name in (*(state.value for state in State), "stuck", "total")
        if name in figures
    }


def _describe_queue(queue: QueueInfo, use: RulesInUse | None, now: datetime) -> dict[str, Any]:
    states = _by_state(queue.counts)
    known = {**states, "stuck": queue.stuck, "total": add_counts(list(queue.counts.values()))}
    figures = _describe_measured(known, now)
    if queue.oldest_read_at is not None:
        figures["counted_at"]["oldest_due_at"] = to_text(queue.oldest_read_at)
    return {
        **figures,
        "average_seconds": queue.average_s,
        "done_per_minute": None if queue.recent is None else queue.recent.done_per_minute,
        "paused": queue.is_paused,
        "limits": [] if use is None else use.describe(),
        "ageing_seconds": None if use is None else use.rules.ageing_s,
        "events": queue.logs_events,
        "consumers": queue.consumers,
        **_describe_oldest(queue.oldest_due_at, now),
    }


def _by_state(counts: Mapping[State, Measured[int]]) -> dict[str, Measured[Any]]:
    unkept: Measured[int] = Measured(None, Exactness.ABSENT, why="this store does not keep it")
    shown = (state for state in State if state in counts or state is not State.BLOCKED)
    return {state.value: counts.get(state, unkept) for state in shown}


def _describe_measured(known: Mapping[str, Measured[Any]], now: datetime) -> dict[str, Any]:
    unsure = {name: one for name, one in known.items() if one.exactness is not Exactness.EXACT}
    return {
        **{name: one.value for name, one in known.items()},
        "exactness": {name: one.exactness.value for name, one in unsure.items()},
        "reasons": {name: one.why for name, one in unsure.items() if one.why},
        "counted_at": {
            name: to_text(one.as_of)
            for name, one in unsure.items()
            if one.as_of is not None and _is_of_before(one.exactness, one.as_of, now)
        },
    }


def _is_of_before(exactness: Exactness, as_of: datetime, now: datetime) -> bool:
    """Tell whether a figure was counted earlier; one that stopped at its cap may be."""
    return exactness is Exactness.CACHED or (exactness is Exactness.CAPPED and as_of < now)


def _describe_oldest(due_at: datetime | None, now: datetime) -> dict[str, Any]:
    return {
        "oldest_due_at": None if due_at is None else to_text(due_at),
        "oldest_due_seconds": None if due_at is None else max(0.0, round((now - due_at).total_seconds(), 3)),
    }
