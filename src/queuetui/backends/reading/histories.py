"""Sums over the jobs that a store keeps: right for any backend, and bounded where it keeps many."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from queuetui.model.clock import to_text
from queuetui.model.fingerprint import fingerprint_of
from queuetui.model.histories import HOUR_STEPS, SPARK_MINUTES, By, Durations, FailureGroup, RunMinute, Tally
from queuetui.model.measured import Exactness, Measured, absent
from queuetui.model.page import Handling, PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Part, Watch
from queuetui.model.state import State
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from queuetui.backends.base import Inspector
    from queuetui.model.job import Job
    from queuetui.model.limits import Limits

MOST_JOBS = 5_000
JOBS_A_PAGE = 500
# What runs usually take is read by a poll, of so many of the newest alone.
MOST_USUAL = 400
# Of a store that must look at each job to tell when it ended, so many are looked through.
MOST_LOOKED = 50_000
T = TypeVar("T")
_ENDED = (State.COMPLETED, State.FAILED)


@dataclass(frozen=True, slots=True)
class _Ended:
    """The jobs that ended in a span, newest first, and whether there were more.

    `bound` is the term that the span is in a filter.
    """

    jobs: Sequence[Job]
    is_all: bool
    now: datetime
    bound: str

    def measure(self, value: T) -> Measured[T]:
        if self.is_all:
            return Measured(value, as_of=self.now)
        return Measured(value, Exactness.CAPPED, self.now, f"of the {len(self.jobs):,} newest that were looked at")


class PagedHistories:
    """The Histories of a backend that keeps no sums: what its pages show of ended jobs."""

    def __init__(self, inspector: Inspector, limits: Limits) -> None:
        self._inspector = inspector
        self._limits = limits

    def tallies(self, span_s: float, by: By) -> Measured[tuple[Tally, ...]]:
        """Return what was done in the span."""
        if (unknown := self._unknown) is not None:
            return unknown
        capabilities = self._inspector.capabilities
        kept = [state for state in _ENDED if state in capabilities.keeps]
        if State.COMPLETED not in kept:
            return absent(capabilities.why_missing(State.COMPLETED))
        found = self._read(span_s, kept)
        done, failed = (_count(found.jobs, by, state) for state in _ENDED)
        names = sorted({*done, *failed}, key=lambda name: (-done[name] - failed[name], name))
        return found.measure(tuple(Tally(Untrusted(name), done[name], failed[name]) for name in names))

    def durations(self, span_s: float, by: By) -> Measured[tuple[Durations, ...]]:
        """Return how long runs took."""
        unknown = self._unmeasurable
        return self._measure_spans(self._read(span_s, [State.COMPLETED]), by) if unknown is None else unknown

    def usual_runs(self, span_s: float) -> Measured[tuple[Durations, ...]]:
        """Return how long the newest completed runs took."""
        unknown = self._unmeasurable
        return self._measure_spans(self._read_newest(span_s), By.TYPE) if unknown is None else unknown

    def spread_runs(self, span_s: float) -> Measured[tuple[Durations, ...]]:
        """Return nothing: no tally is kept."""
        return absent("no tally is kept of what ran")

    def run_minutes(self, since: datetime) -> tuple[RunMinute, ...]:
        """Return nothing: no tally is kept."""
        return ()

    def _measure_spans(self, found: _Ended, by: By) -> Measured[tuple[Durations, ...]]:
        spans: dict[str, list[float]] = defaultdict(list)
        for job in found.jobs:
            began = job.started_at or job.claimed_at
            if began is not None and job.completed_at is not None:
                spans[_name(job, by)].append(max(0.0, (job.completed_at - began).total_seconds()))
        if found.jobs and not spans:
            return absent(f"{self._inspector.capabilities.label} does not keep when a run began")
        ranked = sorted(spans.items(), key=lambda one: (-len(one[1]), one[0]))
        return found.measure(tuple(summarise_spans(name, each) for name, each in ranked))

    def failure_groups(self, back: float | datetime, limit: int = 20) -> Measured[tuple[FailureGroup, ...]]:
        """Return the dead letters of the span, or since a time, by type and error."""
        if (unknown := self._unknown) is not None:
            return unknown
        if State.FAILED not in self._inspector.capabilities.keeps:
            return absent(self._inspector.capabilities.why_missing(State.FAILED))
        found = self._read(back, [State.FAILED])
        workers = self._inspector.snapshot(Watch(parts=frozenset({Part.WORKERS}), limits=self._limits)).workers
        versions = {worker.id.raw: worker.version for worker in workers if worker.version.raw}
        groups = group_failures(found.jobs, found.now, versions)[:limit]
        keeps_errors = not self._refuses("fingerprint:*")
        return found.measure(tuple(replace(one, bound=found.bound, keeps_errors=keeps_errors) for one in groups))

    @property
    def _unknown(self) -> Measured[Any] | None:
        """The answer where the store does not tell when a job ended, None where it does."""
        capabilities = self._inspector.capabilities
        if not self._refuses(f"{capabilities.ended_by}>1970-01-01"):
            return None
        return absent(f"{capabilities.label} does not tell when a job ended")

    @property
    def _unmeasurable(self) -> Measured[Any] | None:
        """The answer where the store does not tell which runs completed when, None where it does."""
        if self._unknown is None and State.COMPLETED not in self._inspector.capabilities.keeps:
            return absent(self._inspector.capabilities.why_missing(State.COMPLETED))
        return self._unknown

    def _refuses(self, text: str) -> bool:
        return any(term.handling is Handling.REFUSED for term in self._inspector.plan(parse_query(text)))

    def _read(self, back: float | datetime, states: Sequence[State]) -> _Ended:
        now = self._now()
        since = back if isinstance(back, datetime) else now - timedelta(seconds=back)
        states_text = ",".join(state.value for state in states)
        jobs: list[Job] = []
        bound = f"{self._inspector.capabilities.ended_by}>={to_text(since)}"
        query = parse_query(f"state:{states_text} {bound}")
        cursor: str | None = None
        looked = 0
        while len(jobs) < MOST_JOBS and looked < MOST_LOOKED:
            page = self._inspector.page(PageRequest(query, JOBS_A_PAGE, cursor), self._limits)
            jobs += page.jobs
            looked += len(page.jobs) if page.looked is None else page.looked
            if not page.has_more or page.last is None:
                return _Ended(jobs, is_all=True, now=now, bound=bound)
            cursor = page.last
        return _Ended(jobs, is_all=False, now=now, bound=bound)

    def _read_newest(self, span_s: float) -> _Ended:
        """Read one page of completed jobs, and take those of the span; nothing is looked through for it."""
        now = self._now()
        since = now - timedelta(seconds=span_s)
        page = self._inspector.page(PageRequest(parse_query("state:completed"), MOST_USUAL, brief=True), self._limits)
        jobs = [one for one in page.jobs if one.completed_at is not None and one.completed_at >= since]
        return _Ended(jobs, is_all=not page.has_more, now=now, bound="")

    def _now(self) -> datetime:
        return self._inspector.snapshot(Watch(parts=frozenset(), limits=self._limits)).now


def group_failures(jobs: Sequence[Job], now: datetime, versions: Mapping[str, Untrusted]) -> tuple[FailureGroup, ...]:
    """Return dead letters, newest first, by type and by the fingerprint of their error.

    The largest group first. `versions` are those of workers, by their ids.
    """
    groups: dict[tuple[str, str], list[Job]] = defaultdict(list)
    for job in jobs:
        error = job.error
        mark = "" if error is None else fingerprint_of(error.class_name.raw, error.message.raw)
        groups[job.type.raw, mark].append(job)
    found = [_group(mark, alike, now, versions) for (_, mark), alike in groups.items()]
    return tuple(sorted(found, key=lambda group: (-group.jobs, group.type.raw, group.fingerprint)))


def _group(mark: str, alike: Sequence[Job], now: datetime, versions: Mapping[str, Untrusted]) -> FailureGroup:
    newest, error = alike[0], alike[0].error
    times = [job.completed_at for job in alike if job.completed_at is not None]
    return FailureGroup(
        newest.type,
        Untrusted("") if error is None else error.class_name,
        Untrusted("") if error is None else error.message,
        mark,
        len(alike),
        min(times, default=None),
        max(times, default=None),
        newest.ref.id,
        _recent(times, now),
        tuple(
            sorted({versions[job.worker.raw] for job in alike if job.worker is not None and job.worker.raw in versions})
        ),
    )


def _recent(times: Sequence[datetime], now: datetime) -> tuple[int, ...]:
    """Return how many of the times are in each step of the last hour, oldest first."""
    back = Counter(int((now - at).total_seconds()) // (SPARK_MINUTES * 60) for at in times)
    return tuple(back[step] for step in range(HOUR_STEPS - 1, -1, -1))


def summarise_spans(name: str, spans_s: Sequence[float]) -> Durations:
    """Return the percentiles of run times by the nearest rank."""
    ordered = sorted(spans_s)
    p50, p95, p99 = (ordered[-(-len(ordered) * percent // 100) - 1] for percent in (50, 95, 99))
    return Durations(Untrusted(name), len(ordered), p50, p95, p99, ordered[-1])


def _count(jobs: Sequence[Job], by: By, state: State) -> Counter[str]:
    return Counter(_name(job, by) for job in jobs if job.state is state)


def _name(job: Job, by: By) -> str:
    return job.queue.raw if by is By.QUEUE else job.type.raw
