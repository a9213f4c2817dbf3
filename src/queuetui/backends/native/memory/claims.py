"""Chooses the waiting jobs that a step claims, in memory.

Queues with rules and queues without them are handled alike.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from queuetui.backends.native.claim_limits import Candidate, Capacity, choose_by_rules
from queuetui.backends.native.memory.records import JobRecord, LeaseRecord, QueueRecord
from queuetui.backends.native.rules_acts import check_act, describe_use
from queuetui.model.act import Act, JobRef, Outcome, Result
from queuetui.model.claim_rules import RulesEdit, RulesInUse, edit_rules
from queuetui.model.clock import to_us
from queuetui.model.state import State

if TYPE_CHECKING:
    from queuetui.backends.native.memory.store import MemoryStore


def choose_ready(
    store: MemoryStore, lease: LeaseRecord, ready: list[JobRecord], claim: int
) -> tuple[list[JobRecord], float | None]:
    """Return the jobs to claim, and the seconds until jobs that a rule keeps back may be claimed."""
    queue = store.queues.get(lease.queue, QueueRecord())
    worker = store.workers.get(lease.worker_id)
    ageing_s = queue.rules.ageing_s
    if ageing_s is None:
        ready.sort(key=lambda one: (-one.new.priority, one.due_at, one.new.id))
    else:
        ready.sort(key=lambda one: (one.due_at - timedelta(seconds=ageing_s) * one.new.priority, one.new.id))
    capacity = Capacity(queue.rules, _running(store, lease.queue), queue.starts, to_us(store.now()))
    tags = frozenset() if worker is None else frozenset(worker.card.tags)
    chosen = choose_by_rules(map(_candidate, ready), capacity, tags, claim)
    queue.starts = capacity.spend(one.type for one in chosen) or {}
    return [one.id for one in chosen], capacity.again_s() if len(chosen) < claim else None


def _candidate(record: JobRecord) -> Candidate:
    new = record.new
    return Candidate(record, new.type, frozenset(new.needs), record.lost, new.priority, record.due_at)


def _running(store: MemoryStore, queue: str) -> Counter[str]:
    return Counter(record.new.type for record in store.in_state(State.PROCESSING) if record.new.queue == queue)


class MemoryClaimRules:
    """The ClaimRulesStore half of the backend."""

    store: MemoryStore
    name: str

    def rules_in_use(self) -> tuple[RulesInUse, ...]:
        """Return the queues with rules."""
        with self.store.lock:
            ruled = sorted((name, one) for name, one in self.store.queues.items() if not one.rules.is_empty)
            now = self.store.now()
            return tuple(
                describe_use(name, one.rules, _running(self.store, name), one.starts, now) for name, one in ruled
            )

    def apply_to_rules(self, act: Act, queue: str, edit: RulesEdit) -> Result:
        """Set the rules of a queue."""
        check_act(act, queue, edit)
        with self.store.lock:
            place = (act.id, f"rules {queue}")
            if place not in self.store.acts:
                self.store.acts[place] = self._lay_down(act, queue, edit)
            return self.store.acts[place]

    def _lay_down(self, act: Act, queue: str, edit: RulesEdit) -> Result:
        before = self.store.queues.get(queue, QueueRecord()).rules
        after = edit_rules(before, edit, act.actor, self.store.now())
        self.store.queues.setdefault(queue, QueueRecord()).rules = after
        return Result(JobRef(self.name, queue, ""), Outcome.DONE, before=before.to_text())
