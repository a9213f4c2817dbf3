"""The figures of a backend as programs read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from queuetui.model.claim_rules import RulesInUse
from queuetui.model.clock import to_text
from queuetui.model.measured import Exactness, Measured
from queuetui.model.snapshot import QueueInfo, Snapshot
from queuetui.model.state import State

COUNTED = tuple(state for state in State if state is not State.BLOCKED)


def describe_stats(snapshot: Snapshot) -> dict[str, Any]:
    """Return counts by state, `stuck`, `total` and `average_seconds`, over all and per queue.

    None is a state that the backend does not keep; `exactness` names the figures that are not exact.
    """
    figures: dict[str, Any] = _counts(snapshot.counts)
    figures["stuck"] = snapshot.stuck.value
    figures["total"] = snapshot.total.value
    figures["average_seconds"] = snapshot.average_s.value
    inexact = {state.value: value.exactness.value for state, value in snapshot.counts.items() if _is_inexact(value)}
    if _is_inexact(snapshot.total):
        inexact["total"] = snapshot.total.exactness.value
    figures["exactness"] = inexact
    figures["backend"] = snapshot.backend
    figures["as_of"] = to_text(snapshot.now)
    figures["queues"] = {
        queue.name.raw: _describe_queue(queue, snapshot.rules.get(queue.name.raw)) for queue in snapshot.queues
    }
    return figures


def _describe_queue(queue: QueueInfo, use: RulesInUse | None) -> dict[str, Any]:
    figures: dict[str, Any] = _counts(queue.counts)
    figures["stuck"] = queue.stuck.value
    known = [value.value for value in queue.counts.values() if value.value is not None]
    figures["total"] = sum(known)
    figures["average_seconds"] = queue.average_s
    figures["paused"] = queue.paused_at is not None
    figures["limits"] = [] if use is None else use.describe()
    figures["ageing_seconds"] = None if use is None else use.rules.ageing_s
    figures["events"] = queue.logs_events
    figures["consumers"] = queue.consumers
    figures["oldest_due_at"] = None if queue.oldest_due_at is None else to_text(queue.oldest_due_at)
    return figures


def _counts(counts: Mapping[State, Measured[int]]) -> dict[str, Any]:
    return {state.value: counts[state].value if state in counts else None for state in COUNTED}


def _is_inexact(value: Measured[int]) -> bool:
    return value.exactness not in {Exactness.EXACT, Exactness.ABSENT}
