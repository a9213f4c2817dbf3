"""One consistent picture of the server: time, queues, workers, possibly stuck runs, the tally."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from queuetui.backends.native.odd_values import UNREADABLE, read_choice, read_json, read_moment, read_number, read_texts
from queuetui.backends.native.redis.ids import from_stored
from queuetui.backends.native.redis.jobs import moment_of, read_fields, read_job
from queuetui.backends.native.redis.keys import STATES
from queuetui.backends.native.redis.records import moment, read_body, read_record
from queuetui.backends.native.redis.server import Server, Value
from queuetui.backends.native.redis.step import span_us
from queuetui.model.act import JobRef
from queuetui.model.claim_rules import may_rest
from queuetui.model.clock import to_us
from queuetui.model.job import Job
from queuetui.model.limits import Limits, is_live
from queuetui.model.rates import RATE_MINUTES
from queuetui.model.snapshot import Part, Watch
from queuetui.model.state import State
from queuetui.model.stuck import is_stuck
from queuetui.model.text import Untrusted
from queuetui.model.waiting_queues import WaitingQueues, judge_waiting
from queuetui.model.worker import WorkerInfo

Reply = list[Any]
AROUND = "R"
TALLY = "T"
SWITCHES_AND_WORKERS = "PW"
# The names in a field of the tally, after the figure: queue and type.
_NAMES_BEHIND_FIGURE = 2
AROUND_STUCK = "QR"
_LETTERS = {Part.COUNTS: "CR", Part.QUEUES: "QR", Part.WORKERS: "W", Part.TALLY: "T", Part.FAILURES: "F"}
_FIGURED = frozenset({Part.COUNTS, Part.QUEUES, Part.TALLY})


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One queue as the server holds it.

    Of jobs that wait `unheard` counts those due for too long should nobody listen, `idle` those due for too long should nothing be taken;
    `rests` tells that nothing runs or ran lately, as far as there are such jobs.
    """

    name: str
    paused_at: datetime | None
    paused_by: str | None
    oldest_due_at: datetime | None
    unheard: int
    idle: int
    rests: bool
    counts: Mapping[State, int]
    logs_events: bool


@dataclass(frozen=True)
class ScriptSnapshot:
    """All values that were read at one moment; a part that was not requested is empty."""

    now: datetime
    limits: Limits
    counts: Mapping[State, int]
    total: int
    queues: tuple[QueueRow, ...]
    is_every_queue: bool
    workers: tuple[WorkerInfo, ...]
    runs: tuple[Job, ...]
    is_every_run: bool
    minutes: Mapping[datetime, Mapping[str, int]]
    failures: tuple[Job, ...]
    held_until: datetime | None
    odd_keys: tuple[str, ...] = ()

    @cached_property
    def waiting(self) -> WaitingQueues:
        """The queues whose due jobs wait without a reason: unheard and idle ones."""
        unpaused = [queue.name for queue in self.queues if queue.paused_at is None]
        resting = {queue.name for queue in self.queues if queue.rests}
        return judge_waiting(unpaused, resting, self.workers, self.now, self.limits)

    @cached_property
    def stuck_runs(self) -> tuple[Job, ...]:
        """The stuck processing jobs among the runs that were read."""
        return tuple(job for job in self.runs if self.is_stuck(job))

    def is_stuck(self, job: Job) -> bool:
        """Tell whether a job is stuck by the model's rule."""
        return is_stuck(job, self.now, self.limits, self.waiting)

    def count_stuck(self) -> Counter[str]:
        """Return how many jobs are stuck by queue."""
        found = Counter(job.queue.raw for job in self.stuck_runs)
        found.update({queue.name: queue.unheard for queue in self.queues if queue.name in self.waiting.unheard})
        found.update({queue.name: queue.idle for queue in self.queues if queue.name in self.waiting.idle})
        return found

    def consumers(self, queue: str) -> int:
        """Return how many live workers listen to a queue."""
        live = (one for one in self.workers if is_live(one, self.now, self.limits))
        return sum(one.listens_to(queue) for one in live)


def letters_for(watch: Watch) -> str:
    """Return the letters of the parts that a snapshot needs."""
    # Parts without a letter, such as schedules, are read by other scripts.
    letters = "".join(_LETTERS.get(part, "") for part in watch.parts)
    return letters + ("T" if watch.parts & _FIGURED else "") + (AROUND if watch.page is not None else "")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The request: parts by letter, how many minutes of the tally and from which one, how many failures."""

    letters: str
    minutes: int = 0
    since: datetime | None = None
    failures: int = 0


def take_picture(server: Server, wanted: Wanted, limits: Limits) -> ScriptSnapshot:
    """Read the requested parts at one moment."""
    return read_picture(server, limits, server.read("reading the queue", "picture", *picture_values(wanted, limits)))


def picture_values(wanted: Wanted, limits: Limits) -> tuple[Value, ...]:
    """Return the arguments of the picture script."""
    shortest_s = min([limits.stuck_after_s, *limits.per_queue_s.values(), *limits.per_type_s.values()])
    return (
        wanted.letters,
        span_us(limits.stuck_after_s),
        span_us(shortest_s),
        wanted.minutes,
        wanted.failures,
        0 if wanted.since is None else to_us(wanted.since),
        span_us(limits.shortest_overdue_s),
    )


def read_picture(server: Server, limits: Limits, reply: Reply) -> ScriptSnapshot:
    """Return the picture from the script's answer."""
    now, total, queues, workers, busy, runs, more_runs, minutes, failures, more_queues, held_until, odd_keys = reply
    rows = tuple(map(_read_queue, queues))
    held: Counter[str] = Counter()
    orphaned: Counter[str] = Counter()
    for worker, jobs, over in busy:
        held[(worker or b"").decode("utf-8", "replace")] += jobs
        orphaned[(worker or b"").decode("utf-8", "replace")] += over
    summaries = server.options.summaries
    return ScriptSnapshot(
        now=read_moment(now),
        limits=limits,
        counts={state: sum(row.counts.get(state, 0) for row in rows) for state in STATES},
        total=total,
        queues=rows,
        is_every_queue=not more_queues,
        workers=_read_workers(workers, held, orphaned),
        runs=tuple(run for run in (_read_run(run, server.name) for run in runs) if run is not None),
        is_every_run=not more_runs,
        minutes={read_moment(minute): _read_figures(figures) for minute, figures in minutes},
        failures=tuple(read_job(one, server.name, summaries) for one in failures if one is not None),
        held_until=read_moment(held_until) if held_until else None,
        odd_keys=tuple(one.decode("utf-8", "replace") for one in odd_keys),
    )


def _read_queue(row: Reply) -> QueueRow:
    name, paused_at, paused_by, events, rules, *rest = row
    oldest, unheard, idle, *counts = rest or (None, 0, 0)
    return QueueRow(
        name.decode("utf-8", "replace"),
        None if paused_at is None else read_moment(paused_at),
        None if paused_by is None else paused_by.decode("utf-8", "replace"),
        None if oldest is None else read_moment(oldest),
        unheard,
        idle,
        rules is not None and not may_rest(rules.decode("utf-8", "replace"), RATE_MINUTES * 60),
        dict(zip(STATES, counts, strict=False)),
        logs_events=events != b"0",
    )


def _read_workers(
    rows: Iterable[Reply], held: Mapping[str, int], orphaned: Mapping[str, int]
) -> tuple[WorkerInfo, ...]:
    # A registration without fields has expired in part.
    found = [_read_worker(row, held, orphaned) for row in rows if row[2]]
    return tuple(sorted(found, key=lambda worker: (worker.started_at, worker.id)))


def _read_worker(row: Reply, held: Mapping[str, int], orphaned: Mapping[str, int]) -> WorkerInfo:
    worker_id, beat, flat = row
    fields = read_fields(flat)
    beat_at, name = read_moment(beat), worker_id.decode("utf-8", "replace")
    return WorkerInfo(
        id=Untrusted(name),
        host=Untrusted(fields.get("host", "")),
        pid=read_number(fields.get("pid")),
        version=Untrusted(fields.get("version", "")),
        queues=read_choice(read_json(fields.get("queues"))),
        types=read_texts(read_json(fields.get("types"))),
        tags=read_texts(read_json(fields.get("tags"))),
        slots=read_number(fields.get("slots")),
        busy=held.get(name, 0),
        started_at=moment_of(fields, "started") or beat_at,
        beat_at=beat_at,
        rss_bytes=read_number(fields["rss"]) if fields.get("rss") else None,
        stopping=fields.get("stopping") == "1",
        orphaned=orphaned.get(name, 0),
    )


def _read_run(row: Reply, backend: str) -> Job | None:
    """Return the part of a processing job that tells whether it is stuck, None for an unreadable value."""
    job_id, packed, ends = row
    try:
        record = read_record(packed)
        body = read_body(record.body)
    except UNREADABLE:
        return None
    return Job(
        ref=JobRef(backend, from_stored(job_id), ""),
        type=Untrusted(body.type),
        queue=Untrusted(body.queue),
        state=State.PROCESSING,
        payload=Untrusted(""),
        claimed_at=moment(record.claimed),
        started_at=moment(record.started),
        lease_until=None if ends is None else read_moment(ends),
    )


def _read_figures(flat: Reply) -> dict[str, int]:
    """Return a minute's counts by figure and queue; the buckets of run times add up to the runs."""
    counts: Counter[str] = Counter()
    for name, value in read_fields(flat).items():
        figure, *rest = name.split("\0")
        if len(rest) == _NAMES_BEHIND_FIGURE:
            counts[f"{'runs' if figure.startswith('took_') else figure}:{rest[0]}"] += read_number(value)
    return counts
