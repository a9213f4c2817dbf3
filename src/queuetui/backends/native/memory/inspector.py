"""Reads the queue in memory for a console: every answer comes from all jobs by the model's rules."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from queuetui.backends.base import COUNT_CAP
from queuetui.backends.native.capabilities import KEPT, native_capabilities
from queuetui.backends.native.memory.event_log import logs_events
from queuetui.backends.native.memory.records import QueueRecord, TallyRecord, to_job_error
from queuetui.backends.reading.sort_orders import NEWEST, cut_page
from queuetui.backends.reading.worker_names import name_workers
from queuetui.model.capabilities import Capabilities
from queuetui.model.errors import NotFound
from queuetui.model.identity import Identity
from queuetui.model.job import Attempt, Job, shorten
from queuetui.model.limits import Limits, is_live
from queuetui.model.measured import Exactness, Measured, absent
from queuetui.model.page import Handling, IdSearch, Page, PageRequest, PlannedTerm
from queuetui.model.query_match import IsStuck, matches
from queuetui.model.rates import RATE_MINUTES, RecentRuns, TallyMinute, moving_since, recent_runs
from queuetui.model.snapshot import Part, QueueInfo, Snapshot, Watch
from queuetui.model.state import State
from queuetui.model.stuck import due_since, is_stuck
from queuetui.model.text import Untrusted, sanitize
from queuetui.model.waiting_queues import judge_waiting
from queuetui.model.worker import WorkerInfo

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.native.memory.records import WorkerRecord
    from queuetui.backends.native.memory.store import MemoryStore
    from queuetui.model.query import Query

CAPABILITIES = native_capabilities("memory", "C")


class MemoryInspector:
    """What a console reads."""

    store: MemoryStore
    options: BackendOptions
    name: str

    @property
    def capabilities(self) -> Capabilities:
        """What the in-memory queue can do."""
        return CAPABILITIES

    def snapshot(self, watch: Watch) -> Snapshot:
        """Return the requested parts of a snapshot, read under one lock."""
        with self.store.lock:
            now = self.store.now()
            jobs = self._jobs()
            stuck = list(filter(self._stuck_rule(now, watch.limits), jobs))
            wants = watch.parts
            counted = Part.COUNTS in wants
            return Snapshot(
                self.name,
                now,
                counts=self._counts(jobs, watch, now) if counted else {},
                stuck=_measure(len(stuck), watch, now) if counted else absent("not asked for"),
                total=Measured(len(jobs), as_of=now) if counted else absent("not asked for"),
                average_s=self._average(now, watch) if counted else absent("not asked for"),
                queues=self._queues(jobs, stuck, watch, now) if Part.QUEUES in wants else (),
                workers=self._workers() if Part.WORKERS in wants else (),
                tally=self._tally(now, watch.tally_minutes) if Part.TALLY in wants else (),
                failures=_latest_failures(jobs, watch.failures) if Part.FAILURES in wants else (),
                page=None if watch.page is None else self.page(watch.page, watch.limits),
            )

    def page(self, request: PageRequest, limits: Limits) -> Page:
        """Return one page."""
        with self.store.lock:
            now = self.store.now()
            is_stuck_now = self._stuck_rule(now, limits)
            query = name_workers(request.query, self._workers())
            chosen = [job for job in self._jobs() if matches(query, job, now, is_stuck_now)]
            return cut_page(chosen, request, NEWEST, now)

    def get(self, job_id: str) -> Job:
        """Return one job whole."""
        with self.store.lock:
            record = self.store.jobs.get(job_id)
            if record is None:
                message = f"there is no job {sanitize(job_id, 60)!r} in this queue; it may have been deleted or pruned"
                raise NotFound(message)
            return self.store.read_job(record, self.name, self.options.summaries)

    def get_many(self, job_ids: Sequence[str]) -> tuple[Job, ...]:
        """Return the jobs that exist, in the order of the given ids."""
        with self.store.lock:
            records = [self.store.jobs.get(job_id) for job_id in dict.fromkeys(job_ids)]
            read = (self.store.read_job(one, self.name, self.options.summaries) for one in records if one is not None)
            return tuple(map(shorten, read))

    def find(self, suffix: str, limit: int = 2, after: str | None = None) -> IdSearch:
        """Return the jobs whose id ends in `suffix`, with or without hyphens; all jobs are searched at once."""
        wanted = suffix.replace("-", "").lower()
        with self.store.lock:
            found = [job.ref for job in self._jobs() if job.ref.id.replace("-", "").lower().endswith(wanted)]
        return IdSearch(tuple(sorted(found))[:limit])

    def attempts(self, job_id: str) -> tuple[Attempt, ...]:
        """Return the kept attempts of a job."""
        with self.store.lock:
            kept = sorted(self.store.attempts.get(job_id, {}).items())
        return tuple(
            Attempt(
                fence,
                one.outcome,
                to_job_error(one.error),
                None if one.worker_id is None else Untrusted(one.worker_id),
                one.started_at,
                one.ended_at,
            )
            for fence, one in kept
        )

    def plan(self, query: Query) -> tuple[PlannedTerm, ...]:
        """Return the plan of a filter: every term is answered in full."""
        return tuple(PlannedTerm(term, Handling.PUSHED) for term in query.terms)

    def identity(self) -> Identity:
        """Return the identity that distinguishes this store from one of the same name in another process."""
        return Identity(f"memory {os.getpid()} {id(self.store)}", lasting=False)

    def _jobs(self) -> list[Job]:
        return [self.store.read_job(record, self.name, self.options.summaries) for record in self.store.jobs.values()]

    def _stuck_rule(self, now: datetime, limits: Limits) -> IsStuck:
        queues = {record.new.queue for record in self.store.jobs.values() if not self.store.is_paused(record.new.queue)}
        waiting = judge_waiting(queues, self._resting(now), self._workers(), now, limits)
        return lambda job: is_stuck(job, now, limits, waiting)

    def _resting(self, now: datetime) -> frozenset[str]:
        """Return the queues without a running or recent run, except those that a rate holds back."""
        records = self.store.jobs.values()
        moving = {one.new.queue for one in records if one.state is State.PROCESSING}
        for (minute, name), one in self.store.tally.items():
            if minute >= moving_since(now) and one.started + one.completed + one.failed + one.retried + one.lost:
                moving.add(name)
        held = {name for name, one in self.store.queues.items() if one.rules.may_rest(RATE_MINUTES * 60)}
        return frozenset({one.new.queue for one in records} - moving - held)

    def _workers(self) -> tuple[WorkerInfo, ...]:
        leases = self.store.leases
        busy = Counter(
            leases[record.lease_id].worker_id for record in self.store.jobs.values() if record.lease_id in leases
        )
        over = Counter(
            leases[record.lease_id].worker_id
            for record in self.store.jobs.values()
            if record.lease_id in leases and leases[record.lease_id].until < self.store.now()
        )
        return tuple(
            _to_worker(record, busy[record.card.id], over[record.card.id]) for record in self.store.workers.values()
        )

    def _counts(self, jobs: Iterable[Job], watch: Watch, now: datetime) -> Mapping[State, Measured[int]]:
        found = Counter(job.state for job in jobs)
        return {state: _measure(found[state], watch, now) for state in State if state in KEPT}

    def _queues(self, jobs: list[Job], stuck: list[Job], watch: Watch, now: datetime) -> tuple[QueueInfo, ...]:
        names = {job.queue.raw for job in jobs} | set(self.store.queues)
        live = [worker for worker in self._workers() if is_live(worker, now, watch.limits)]
        return tuple(self._queue(name, jobs, stuck, live, watch, now) for name in sorted(names))

    def _queue(
        self, name: str, jobs: list[Job], stuck: list[Job], live: list[WorkerInfo], watch: Watch, now: datetime
    ) -> QueueInfo:
        own = [job for job in jobs if job.queue.raw == name]
        since = [(job.state, due_since(job)) for job in own]
        due = [at for state, at in since if at is not None and (state is State.PENDING or at <= now)]
        record = self.store.queues.get(name, QueueRecord())
        figures = self._sum_tally(now, watch.tally_minutes, name)
        return QueueInfo(
            Untrusted(name),
            self._counts(own, watch, now),
            _measure(sum(job.queue.raw == name for job in stuck), watch, now),
            oldest_due_at=min(due, default=None),
            paused_at=record.paused_at,
            paused_by=None if record.paused_by is None else Untrusted(record.paused_by),
            consumers=sum(worker.listens_to(name) for worker in live),
            average_s=figures.busy_s / figures.runs if figures.runs else None,
            logs_events=logs_events(self.store, name),
            recent=self._recent(now, watch, name),
            rests=name in self._resting(now),
        )

    def _recent(self, now: datetime, watch: Watch, name: str) -> RecentRuns:
        since = now - timedelta(minutes=watch.tally_minutes)
        known = {place: one for place, one in self.store.tally.items() if place[0] > since}
        own = [_to_minute(minute, one) for (minute, queue), one in known.items() if queue == name]
        return recent_runs(own, now, min((minute for minute, _ in known), default=None))

    def _average(self, now: datetime, watch: Watch) -> Measured[float]:
        figures = self._sum_tally(now, watch.tally_minutes)
        if not figures.runs:
            return absent(f"nothing has run in the last {watch.tally_minutes} minutes")
        return Measured(figures.busy_s / figures.runs, as_of=now)

    def _tally(self, now: datetime, minutes: int) -> tuple[TallyMinute, ...]:
        known = sorted({minute for minute, _ in self.store.tally if minute > now - timedelta(minutes=minutes)})
        sums = [
            (minute, _sum(one for place, one in self.store.tally.items() if place[0] == minute)) for minute in known
        ]
        return tuple(_to_minute(minute, figures) for minute, figures in sums)

    def _sum_tally(self, now: datetime, minutes: int, queue: str | None = None) -> TallyRecord:
        since = now - timedelta(minutes=minutes)
        return _sum(one for (minute, name), one in self.store.tally.items() if minute > since and queue in {None, name})


def _to_minute(minute: datetime, figures: TallyRecord) -> TallyMinute:
    return TallyMinute(minute, **asdict(figures))


def _sum(figures: Iterable[TallyRecord]) -> TallyRecord:
    total = TallyRecord()
    for one in figures:
        for place in fields(TallyRecord):
            setattr(total, place.name, getattr(total, place.name) + getattr(one, place.name))
    return total


def _measure(found: int, watch: Watch, now: datetime) -> Measured[int]:
    cap = max(COUNT_CAP, watch.limits.alarms.most_counted + 1)
    if found > cap and not watch.exact:
        return Measured(cap, Exactness.CAPPED, now)
    return Measured(found, as_of=now)


def _latest_failures(jobs: Iterable[Job], limit: int) -> tuple[Job, ...]:
    failed = [job for job in jobs if job.state is State.FAILED]
    failed.sort(key=lambda job: (job.completed_at is not None, job.completed_at, job.ref.id), reverse=True)
    return tuple(shorten(job) for job in failed[:limit])


def _to_worker(record: WorkerRecord, busy: int, orphaned: int) -> WorkerInfo:
    card = record.card
    return WorkerInfo(
        id=Untrusted(card.id),
        host=Untrusted(card.host),
        pid=card.pid,
        version=Untrusted(card.version),
        queues=tuple(map(Untrusted, card.queues)),
        slots=card.slots,
        busy=busy,
        started_at=record.started_at,
        beat_at=record.beat_at,
        types=tuple(map(Untrusted, card.types)),
        tags=tuple(map(Untrusted, card.tags)),
        rss_bytes=record.rss_bytes,
        stopping=record.stopping,
        orphaned=orphaned,
    )
