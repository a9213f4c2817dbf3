"""A feed and operations that follow a script: model objects with fixed times, for screens that must look the same each day."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from queuetui.backends.native.capabilities import native_capabilities
from queuetui.model.access import OWN
from queuetui.model.act import JobRef
from queuetui.model.capabilities import Capabilities
from queuetui.model.errors import NotFound, Unsupported
from queuetui.model.examination import Finding
from queuetui.model.job import Attempt, Job, JobError
from queuetui.model.measured import Exactness, Measured, absent
from queuetui.model.page import Handling, IdSearch, Page, PageRequest, PlannedTerm
from queuetui.model.picture import Picture, Warned
from queuetui.model.query import Query, Sort
from queuetui.model.query_match import matches
from queuetui.model.rates import RecentRuns, TallyMinute
from queuetui.model.schedule_info import ScheduleInfo
from queuetui.model.snapshot import Part, QueueInfo, Snapshot, Watch
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.model.worker import WorkerInfo
from queuetui.monitor.feed import Detail
from tests.tui.scripted_events import ScriptedLog, events_of, make_events

NOW = datetime(2026, 3, 14, 2, 51, 7, tzinfo=UTC)
TIMES = ("created", "scheduled", "started", "completed", "updated")
CAPABILITIES = native_capabilities("postgresql", "")


def ago(**span: float) -> datetime:
    """Return a time before NOW."""
    return NOW - timedelta(**span)


def make_job(number: int, state: State = State.PENDING, **fields: Any) -> Job:
    """Return a job whose id ends in its number."""
    base = Job(
        ref=JobRef("scripted", f"0195a3f0-9c00-7000-8000-{number:012x}", "1"),
        type=Untrusted("SyncProductToShop"),
        queue=Untrusted("sync"),
        state=state,
        payload=Untrusted(
            json.dumps({"sku": f"A-{1000 + number}", "shop": {"name": "North"}, "tries": [1, {"deep": None}]})
        ),
        data=Untrusted(f"sku A-{1000 + number} shop North"),
        priority=0,
        attempts=0,
        max_attempts=3,
        created_at=ago(minutes=20 + number),
        scheduled_at=ago(minutes=20 + number),
        updated_at=ago(minutes=5),
    )
    return replace(base, **fields)


def make_error(number: int = 0) -> JobError:
    """Return an error as a handler leaves it."""
    trace = "\n".join(
        [
            "Traceback (most recent call last):",
            '  File "app/sync.py", line 41, in handle',
            "    shop.put(product)",
            f"TimeoutError: no answer from shop {number} in 30 s",
        ]
    )
    return JobError(Untrusted("TimeoutError"), Untrusted(f"no answer from shop {number} in 30 s"), Untrusted(trace))


def make_jobs() -> list[Job]:
    """Return the jobs of a bad night: two stuck, some failed, the rest well."""
    worker = Untrusted("web-2/4411")
    orphan = make_job(
        1,
        State.PROCESSING,
        started_at=ago(minutes=7),
        claimed_at=ago(minutes=7),
        attempts=1,
        worker=worker,
        lease_until=ago(minutes=6),
    )
    lonely = make_job(
        2,
        type=Untrusted("ImportCsv"),
        queue=Untrusted("import"),
        data=Untrusted("file users.csv"),
        scheduled_at=ago(minutes=41),
    )
    running = [
        make_job(
            n,
            State.PROCESSING,
            started_at=ago(seconds=n),
            claimed_at=ago(seconds=n),
            worker=Untrusted("web-1/4311"),
            lease_until=NOW + timedelta(seconds=25),
        )
        for n in (3, 4, 5)
    ]
    failed = [
        make_job(
            n,
            State.FAILED,
            attempts=3,
            error=make_error(n),
            completed_at=ago(minutes=n),
            type=Untrusted("SendMail"),
            queue=Untrusted("mail"),
            data=Untrusted(f"to user{n}@example.com"),
        )
        for n in range(6, 12)
    ]
    retrying = [make_job(12, State.RETRYING, attempts=1, error=make_error(12), scheduled_at=NOW + timedelta(minutes=4))]
    scheduled = [
        make_job(
            13,
            State.SCHEDULED,
            scheduled_at=NOW + timedelta(hours=2),
            type=Untrusted("NightlyReport"),
            queue=Untrusted("reports"),
        )
    ]
    done = [make_job(n, State.COMPLETED, attempts=1, completed_at=ago(minutes=n)) for n in range(14, 30)]
    pending = [make_job(n) for n in range(30, 60)]
    return [orphan, lonely, *running, *failed, *retrying, *scheduled, *pending, *done]


def judge(job: Job) -> Verdict:
    """Return the verdict of a scripted job."""
    command = f"queuetui retry --id {job.ref.id}"
    if job.state is State.PROCESSING and job.lease_until is not None and job.lease_until < NOW:
        summary = "worker web-2 pid 4411 silent 6 m 9 s, its lease ended 5 m 42 s ago and no worker has swept it"
        step = f"queuetui release --id {job.ref.id}, or start a worker: queuetui worker -q sync"
        return Verdict(Code.ORPHANED, Severity.CRITICAL, summary, {"worker": "web-2 pid 4411", "silent_s": 369.0}, step)
    if job.queue == Untrusted("import"):
        summary = "nobody listens to import: due 41 m, 3 workers registered, no live one for it"
        return Verdict(
            Code.NO_CONSUMER,
            Severity.CRITICAL,
            summary,
            {"queue": "import", "due_s": 2460.0},
            "start a worker: queuetui worker -q import",
        )
    if job.state is State.FAILED:
        return Verdict(
            Code.DEAD_LETTER,
            Severity.WARNING,
            "gave up after 3 attempts with TimeoutError",
            {"attempts": 3},
            f"read the error, then: {command}",
        )
    if job.state is State.RETRYING:
        return Verdict(Code.WILL_RETRY, Severity.INFO, "runs again in 4 m, attempt 2 of 3", {}, "none needed")
    if job.state is State.PROCESSING:
        return Verdict(Code.HEALTHY, Severity.OK, "running", {}, "none needed")
    return Verdict(Code.WAITING, Severity.OK, "its turn will come", {}, "none needed")


def make_workers() -> tuple[WorkerInfo, ...]:
    """Return three workers, one of them silent."""
    names = (("web-1", 4311, 3, 2), ("web-1", 4312, 0, 3), ("web-2", 4411, 1, 369))
    return tuple(
        WorkerInfo(
            id=Untrusted(f"{host}/{pid}"),
            host=Untrusted(host),
            pid=pid,
            version=Untrusted("0.1.0"),
            queues=(Untrusted("sync"), Untrusted("mail")),
            slots=4,
            busy=busy,
            started_at=ago(hours=5),
            beat_at=ago(seconds=silent_s),
            rss_bytes=64_000_000,
        )
        for host, pid, busy, silent_s in names
    )


class ScriptedFeed(ScriptedLog):
    """Answers from a list of jobs; `before_poll` may block or raise like a store in trouble."""

    keeps_tokens = False
    access = OWN

    def __init__(self, jobs: Sequence[Job] | None = None, capabilities: Capabilities = CAPABILITIES) -> None:
        super().__init__()
        self.jobs = list(make_jobs() if jobs is None else jobs)
        self.capabilities = capabilities
        self.now = NOW
        self.paused: set[Untrusted] = set()
        self.workers = make_workers()
        self.schedules: tuple[ScheduleInfo, ...] = ()
        self.findings: tuple[Finding, ...] = ()
        self.alarms: tuple[Warned, ...] = ()
        self.told = make_events(NOW)
        self.before_poll: Callable[[], None] = lambda: None
        self.look_jobs = 1_000
        self.refused_field = ""
        self.own_order: tuple[Sort, ...] = ()
        self.hint: Callable[[], None] = lambda: None
        self.polls = 0
        self.watches: list[Watch] = []
        self.polled = threading.Condition()

    def listen(self, hear: Callable[[], None]) -> None:
        """Let `hint` call it."""
        self.hint = hear

    def poll(self, watch: Watch) -> Picture:
        """Return the picture of this moment."""
        self.before_poll()
        page = None if watch.page is None else self._page(watch.page)
        failures = tuple(sorted((job for job in self.jobs if job.state is State.FAILED), key=lambda job: job.ref.id))
        shown = (*(() if page is None else page.jobs), *failures)
        snapshot = Snapshot(
            backend="scripted",
            now=self.now,
            counts=self._counts(self.jobs),
            stuck=self._stuck(self.jobs),
            total=Measured(len(self.jobs)),
            average_s=Measured(2.4),
            queues=tuple(self._queue(name) for name in sorted({job.queue for job in self.jobs})),
            workers=self.workers,
            tally=tuple(TallyMinute(ago(minutes=n).replace(second=0), completed=(n * 7) % 23) for n in range(60))
            if Part.TALLY in watch.parts
            else (),
            failures=failures[: watch.failures] if Part.FAILURES in watch.parts else (),
            page=page,
        )
        picture = Picture(
            snapshot,
            verdicts={job.ref.id: judge(job) for job in shown},
            schedules=self.schedules if Part.SCHEDULES in watch.parts else (),
            findings=self.findings if Part.STORE in watch.parts else (),
            alarms=self.alarms,
        )
        picture = self.with_events(picture, watch)
        with self.polled:
            self.polls += 1
            self.watches.append(watch)
            self.polled.notify_all()
        return picture

    def open(self, job_id: str, *, events: int = 0) -> Detail:
        """Return one job with an attempt for each that ended."""
        self.before_poll()
        job = self._job(job_id)
        attempts = tuple(
            Attempt(
                n, "failed", job.error, Untrusted("web-1/4311"), ago(minutes=10 - n), ago(minutes=10 - n, seconds=-30)
            )
            for n in range(1, (job.attempts or 0) + 1)
        )
        told = events_of(job)[:events] if self.capabilities.events else None
        return Detail(job, judge(job), attempts if job.error is not None else (), told)

    def find(self, suffix: str, after: str | None = None) -> IdSearch:
        """Return the ids that end so, two at most; each look is at `look_jobs` jobs."""
        begin = int(after or 0)
        batch = self.jobs[begin : begin + self.look_jobs]
        end = begin + len(batch)
        refs = tuple(job.ref for job in batch if job.ref.id.endswith(suffix))[:2]
        return IdSearch(refs, str(end) if end < len(self.jobs) else None, len(batch))

    def plan(self, query: Query) -> tuple[PlannedTerm, ...]:
        """Return a plan in which only words are residual."""
        return tuple(
            PlannedTerm(term, Handling.RESIDUAL, "checked over the newest 5,000 jobs")
            if term.field in {"word", "payload"}
            else PlannedTerm(term, Handling.PUSHED)
            for term in query.terms
        )

    def close(self) -> None:
        """Nothing to give back."""

    def replace_job(self, job: Job) -> None:
        """Put a job in the place of the one with its id."""
        self.jobs = [job if one.ref.id == job.ref.id else one for one in self.jobs]

    def matching(self, query: Query) -> list[Job]:
        """Return the jobs that match, in the order asked for."""
        found = [job for job in self.jobs if matches(query, job, self.now, lambda one: judge(one).stuck)]
        if query.sort is not None:
            field, descending = query.sort.field, query.sort.descending
            name = f"{field}_at" if field in TIMES else field
            found.sort(key=lambda job: (getattr(job, name) is not None, getattr(job, name)), reverse=descending)
        return found

    def _page(self, request: PageRequest) -> Page:
        if any(term.field == self.refused_field for term in request.query.terms):
            raise Unsupported(f"{self.refused_field} cannot be searched here")
        found = self.matching(request.query)
        start = 0 if request.cursor is None else int(request.cursor)
        jobs = tuple(found[start : start + request.limit])
        end = start + len(jobs)
        return Page(
            jobs,
            Measured(len(found)),
            str(start) if jobs else None,
            str(end) if jobs else None,
            has_more=end < len(found),
            order=self.own_order if request.query.sort is None else (),
        )

    def _job(self, job_id: str) -> Job:
        for job in self.jobs:
            if job.ref.id == job_id:
                return job
        raise NotFound("no job has that id any more; it was deleted or cleaned up")

    def _queue(self, name: Untrusted) -> QueueInfo:
        jobs = [job for job in self.jobs if job.queue == name]
        due = [job.scheduled_at for job in jobs if job.state is State.PENDING and job.scheduled_at is not None]
        paused = name in self.paused
        return QueueInfo(
            name=name,
            counts=self._counts(jobs),
            stuck=self._stuck(jobs),
            oldest_due_at=min(due, default=None),
            paused_at=ago(minutes=3) if paused else None,
            paused_by=Untrusted("ops") if paused else None,
            consumers=0 if name == Untrusted("import") else 2,
            average_s=2.4,
            recent=RecentRuns(done_per_minute=11.5),
        )

    def _counts(self, jobs: Sequence[Job]) -> dict[State, Measured[int]]:
        counts = {state: Measured(sum(1 for job in jobs if job.state is state)) for state in self.capabilities.keeps}
        return {
            state: counts.get(state, absent("this store does not keep it"))
            for state in State
            if state is not State.BLOCKED
        }

    def _stuck(self, jobs: Sequence[Job]) -> Measured[int]:
        return Measured(sum(1 for job in jobs if judge(job).stuck), Exactness.EXACT)
