"""The class by which programs use a queue."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from sys import modules
from threading import Event
from typing import TYPE_CHECKING, Any, Self, Unpack

from queuetui.backends.base import BackendOptions
from queuetui.backends.embedded import default_url
from queuetui.backends.registry import NATIVE, open_native
from queuetui.client.acts import QueueActs, program_name
from queuetui.client.answers import QueueAnswers
from queuetui.client.inherited import TRACES
from queuetui.client.new_job import JobOptions, make_job, make_jobs
from queuetui.client.schedules import Recurrence, make_spec
from queuetui.model.command import COMMAND_TYPE
from queuetui.model.document import JobDocument, document
from queuetui.model.duration import read_wait_s
from queuetui.model.job import Enqueued, NewJob
from queuetui.model.job_rules import read_amount
from queuetui.model.names import read_filter, read_flag, read_many, read_tags, read_text, shown
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Part, Watch
from queuetui.model.state import FINAL, State
from queuetui.model.stats import describe_stats
from queuetui.model.stuck import is_stuck
from queuetui.model.waiting_queues import judge_waiting

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer
    from sqlalchemy import Connection

    from queuetui.backends.backend import NativeBackend
    from queuetui.engine.spans import Tracers
    from queuetui.model.handler import Handler
    from queuetui.model.job import Job

FIRST_LOOK_S = 0.01
LONGEST_LOOK_S = 0.5


# The public name of the answer.
EnqueueResult = Enqueued


class Queue(QueueActs, QueueAnswers):
    """A queue in one store; threads may share it, and it should be closed when done.

    The default URL is the worker's own store within a handler, else QUEUETUI_URL, else the SQLite file in the
    user's data folder.
    The file and the tables are made when absent.
    Its changes are recorded under `program`, by default the running program's name.
    """

    def __init__(
        self, url: str | None = None, *, options: BackendOptions | None = None, program: str | None = None
    ) -> None:
        given = options if options is not None else BackendOptions(create=True)
        self._backend: NativeBackend = open_native(url or default_url(), replace(given, kind=NATIVE))
        self._limits = given.limits
        self._program = program_name() if program is None else read_text(program, "the name of the program")
        self._tracers: Tracers | None = None

    def __getstate__(self) -> object:
        """Refuse to be pickled or copied, as a process pool or a deep copy would."""
        raise TypeError(
            "a Queue holds open connections, so it cannot be pickled or copied; give the other process its URL, and open a Queue there"
        )

    @property
    def backend(self) -> NativeBackend:
        """The store behind this queue, for a worker in the same process."""
        return self._backend

    def enqueue(
        self,
        job_type: str | Handler,
        payload: object = None,
        *,
        connection: Connection | None = None,
        **options: Unpack[JobOptions],
    ) -> EnqueueResult:
        """Store one job and return whether it is new; `connection` joins the caller's SQLAlchemy transaction.

        A handler declared with `@job` may be given instead of its type. After an UnknownOutcome, enqueue again with the same `id`.
        """
        return self._store(lambda: (make_job(job_type, payload, options),), connection)[0]

    def enqueue_command(self, command: str, **options: Unpack[JobOptions]) -> EnqueueResult:
        """Store a shell command as a job, for workers started with --allow-command.

        Its tags are needs too: only workers with these tags claim it.
        """
        said_tags, said_needs = options.get("tags"), options.get("needs")
        tags = () if said_tags is None else read_tags(said_tags)
        needs = () if said_needs is None else read_tags(said_needs, "needs")
        options["tags"], options["needs"] = tags, (*needs, *tags)
        return self.enqueue(COMMAND_TYPE, {"command": read_text(command, "the command")}, **options)

    def enqueue_many(self, jobs: Iterable[NewJob], *, connection: Connection | None = None) -> list[EnqueueResult]:
        """Store jobs made by `new`, all or none, in one transaction."""
        made = read_many(jobs, "jobs")
        if set(map(type, made)) - {NewJob}:
            raise TypeError(f"jobs is {shown(jobs)}; give a list of jobs made by Queue.new")
        return list(self._store(lambda: made, connection))

    async def aenqueue(
        self, job_type: str | Handler, payload: object = None, **options: Unpack[JobOptions]
    ) -> EnqueueResult:
        """Store one job without blocking the event loop."""
        job = make_job(job_type, payload, options)
        return (await asyncio.to_thread(self.enqueue_many, [job]))[0]

    @staticmethod
    def new(job_type: str | Handler, payload: object = None, **options: Unpack[JobOptions]) -> NewJob:
        """Make a job for `enqueue_many`; nothing is stored."""
        return make_job(job_type, payload, options)

    @staticmethod
    def new_many(job_type: str | Handler, payloads: Iterable[object], **options: Unpack[JobOptions]) -> list[NewJob]:
        """Make jobs for `enqueue_many` that differ in their payloads only; faster than `new` for each."""
        return make_jobs(job_type, payloads, options)

    def stats(self, *, exact: bool = False) -> dict[str, Any]:
        """Return the counts by state, over all and per queue, with `stuck`, `total`, averages and rates.

        `exactness` names the figures that are not exact; with `exact` everything is counted, which is slow on a large store.
        """
        watch = Watch(limits=self._limits, exact=read_flag(exact, "exact"))
        return describe_stats(self._backend.inspector.snapshot(watch))

    def recent(self, count: int = 50) -> list[JobDocument]:
        """Return the newest jobs, newest first."""
        return self.jobs("sort:-created", limit=read_amount(count, "the count"))[0]

    def jobs(
        self, filter_text: str = "", limit: int = 100, after: str | None = None
    ) -> tuple[list[JobDocument], str | None]:
        """Return the jobs that match a filter, and the cursor to pass as `after` for more.

        The cursor is None at the end.
        Raises BadQuery with the position. A document's `verdict` is None; `why` explains a job.
        """
        cursor = None if after is None else read_text(after, "the cursor")
        request = PageRequest(parse_query(read_filter(filter_text)), read_amount(limit, "the limit"), cursor)
        page = self._backend.inspector.page(request, self._limits)
        return self._documents(page.jobs), page.last if page.has_more else None

    def get(self, job_id: str) -> JobDocument:
        """Return one job by its full id; raises NotFound."""
        return self._documents((self._backend.inspector.get(read_text(job_id, "the id of a job")),))[0]

    def wait(self, job_id: str, timeout_s: float | timedelta = 60.0) -> JobDocument:
        """Wait until a job has ended and return it, with its result or error.

        The job is polled at growing intervals of up to half a second.
        An infinite timeout never expires, a negative one at once. Raises NotFound, and TimeoutError if the job has not ended in time.
        """
        timeout_s = read_wait_s(timeout_s, "timeout_s")
        ends_s, pause_s, moment = time.monotonic() + timeout_s, FIRST_LOOK_S, Event()
        while (seen := self.get(job_id)).state not in FINAL:
            left_s = ends_s - time.monotonic()
            if left_s <= 0:
                message = (
                    f"job {job_id} is still {seen.state} after {timeout_s:g} s; it goes on: wait again, or cancel it"
                )
                raise TimeoutError(message)
            moment.wait(min(pause_s, left_s))
            pause_s = min(LONGEST_LOOK_S, pause_s * 1.5)
        return seen

    def schedule(
        self,
        name: str,
        job_type: str | Handler,
        payload: object = None,
        /,
        *,
        recurring: Recurrence,
        **options: Unpack[JobOptions],
    ) -> bool:
        """Create or replace the schedule of a recurring job; a pause is kept.

        Returns whether anything changed.
        `recurring` is for example `{"cron": "30 2 * * 1-5", "tz": "Europe/Berlin"}` or `{"every": 90}`. Raises ValueError.
        """
        return self._operations().schedules.declare(make_spec(name, job_type, payload, recurring, options))

    def unschedule(self, name: str) -> None:
        """Remove a schedule; the jobs that it made stay; raises NotFound."""
        self._drop_schedule(name)

    def close(self) -> None:
        """Close every connection; a queue that is used again opens new ones."""
        self._backend.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _store(self, make: Callable[[], Sequence[NewJob]], connection: Connection | None) -> Sequence[Enqueued]:
        # Most programs have no spans: these are spared the call.
        tracer = None if TRACES not in modules else self._find_tracer()
        if tracer is None:
            return self._backend.jobs.enqueue(make(), connection)
        from queuetui.client.spans import enqueue_traced

        return enqueue_traced(tracer, make, lambda jobs: self._backend.jobs.enqueue(jobs, connection))

    def _find_tracer(self) -> Tracer | None:
        if self._tracers is None:
            from queuetui.engine.spans import Tracers

            self._tracers = Tracers(time.monotonic)
        return self._tracers.find()

    def _documents(self, jobs: tuple[Job, ...]) -> list[JobDocument]:
        if not any(job.state in {State.PENDING, State.PROCESSING} for job in jobs):
            return [document(job, None) for job in jobs]
        picture = self._backend.inspector.snapshot(
            Watch(parts=frozenset({Part.QUEUES, Part.WORKERS}), limits=self._limits)
        )
        open_queues = (queue.name.raw for queue in picture.queues if not queue.is_paused)
        resting = {queue.name.raw for queue in picture.queues if queue.rests}
        waiting = judge_waiting(open_queues, resting, picture.workers, picture.now, self._limits)
        return [replace(document(job, None), stuck=is_stuck(job, picture.now, self._limits, waiting)) for job in jobs]
