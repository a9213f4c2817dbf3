"""Logs, counters and measures of runs, in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from queuetui.backends.native.memory.records import UsagePlace
from queuetui.backends.native.retention import TALLY_KEPT_S
from queuetui.backends.native.texts import storable
from queuetui.backends.run_notes import MOST_USAGE_TOTALS, usage_order
from queuetui.model.run_notes import LOGGED_RUNS_A_JOB, NotedRun, RunNotes, UsageTotal, to_total
from queuetui.model.state import FINAL, State
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from queuetui.backends.native.memory.store import MemoryStore


class MemoryRunNotes:
    """The RunNotesStore half of the backend."""

    store: MemoryStore

    def write_notes(self, lease_id: str, notes: Sequence[RunNotes]) -> None:
        """Write the notes of runs."""
        with self.store.lock:
            if self.store.valid_lease(lease_id) is None:
                return
            for one in notes:
                record = self.store.jobs.get(one.job_id)
                held = record is not None and record.state is State.PROCESSING and record.lease_id == lease_id
                if record is not None and held and record.fence == one.fence:
                    self._write(one, record.new.queue)

    def _write(self, one: RunNotes, queue: str) -> None:
        shelf, now = self.store.notes, self.store.now()
        runs = shelf.runs.setdefault(one.job_id, {})
        before = runs.get(one.fence, NotedRun(one.fence, now))
        counted = {name.raw: amount for name, amount in before.usage}
        minute = shelf.usage.setdefault(now.replace(second=0, microsecond=0), {})
        for name, amount in one.usage.items():
            place = (queue, one.type, storable(name))
            if grown := amount - counted.get(storable(name), 0.0):
                minute[place] = minute.get(place, 0.0) + grown
        runs[one.fence] = NotedRun(
            one.fence,
            now,
            _usage_of({**counted, **{storable(name): float(amount) for name, amount in one.usage.items()}}),
            before.cpu_s if one.cpu_s is None else one.cpu_s,
            before.peak_bytes if one.peak_bytes is None else one.peak_bytes,
            before.log if one.log is None else Untrusted(storable(one.log)),
            max(before.log_cut, one.log_cut),
        )
        if one.log is not None:
            runs.update({old: replace(runs[old], log=None) for old in runs if old <= one.fence - LOGGED_RUNS_A_JOB})
        if one.result_ttl_s is not None:
            shelf.results[one.job_id, one.fence] = now + timedelta(seconds=one.result_ttl_s)

    def run_notes(self, job_id: str) -> tuple[NotedRun, ...]:
        """Return the kept notes of a job's runs."""
        with self.store.lock:
            return tuple(run for _, run in sorted(self.store.notes.runs.get(job_id, {}).items()))

    def usage_totals(self, minutes: int) -> tuple[UsageTotal, ...]:
        """Return the sums of the counters over the last minutes."""
        with self.store.lock:
            since = self.store.now() - timedelta(minutes=minutes)
            total: dict[UsagePlace, float] = {}
            for minute, sums in self.store.notes.usage.items():
                for place, amount in sums.items() if minute > since else ():
                    total[place] = total.get(place, 0.0) + amount
            shown = sorted(total.items(), key=usage_order)[:MOST_USAGE_TOTALS]
            return tuple(to_total(*place, amount=amount) for place, amount in shown)


def prune_notes(store: MemoryStore, limit: int) -> int:
    """Delete expired results and old minutes of usage."""
    shelf, now = store.notes, store.now()
    due = [place for place, until in shelf.results.items() if until <= now][: max(0, limit)]
    for job_id, fence in due:
        del shelf.results[job_id, fence]
        record = store.jobs.get(job_id)
        if record is not None and record.state in FINAL and record.fence == fence:
            record.result = None
    horizon = now - timedelta(seconds=TALLY_KEPT_S)
    old = [minute for minute in shelf.usage if minute < horizon][: max(0, limit - len(due))]
    for minute in old:
        del shelf.usage[minute]
    return len(due) + len(old)


def _usage_of(counted: Mapping[str, float]) -> tuple[tuple[Untrusted, float], ...]:
    return tuple((Untrusted(name), amount) for name, amount in sorted(counted.items()))
