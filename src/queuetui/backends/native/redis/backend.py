"""Opens the native queue on Redis or Valkey."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from queuetui.backends.base import Found
from queuetui.backends.native.redis import migrating
from queuetui.backends.native.redis.address import read_address
from queuetui.backends.native.redis.durability import refuse_lossy
from queuetui.backends.native.redis.noting import RedisRunNotes
from queuetui.backends.native.redis.rules import RedisClaimRules
from queuetui.backends.native.redis.schedules import RedisSchedules
from queuetui.backends.native.redis.server import Server
from queuetui.backends.native.redis.store import RedisJobStore
from queuetui.model.errors import NotFound
from queuetui.model.measured import Measured

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from queuetui.backends.base import BackendOptions, Listener
    from queuetui.backends.native.redis.inspector import RedisInspector
    from queuetui.backends.native.redis.operator import RedisOperator
    from queuetui.model.act import Act, JobRef, Result
    from queuetui.model.capabilities import Capabilities
    from queuetui.model.event import EventPage, EventRequest
    from queuetui.model.examination import Examination, HeldSnapshot
    from queuetui.model.job import Attempt, Job
    from queuetui.model.limits import Limits
    from queuetui.model.page import Page, PageRequest, PlannedTerm
    from queuetui.model.query import Query
    from queuetui.model.snapshot import Snapshot, Watch


class RedisBackend(RedisJobStore, RedisSchedules, RedisClaimRules, RedisRunNotes):
    """Our own queue on Redis; what a console needs of it is loaded when it is first asked for, and never by a worker."""

    @cached_property
    def _inspector(self) -> RedisInspector:
        from queuetui.backends.native.redis.inspector import RedisInspector

        return RedisInspector(self.server)

    @cached_property
    def _operator(self) -> RedisOperator:
        from queuetui.backends.native.redis.operator import RedisOperator

        return RedisOperator(self.server)

    @property
    def capabilities(self) -> Capabilities:
        """What this backend can do."""
        return self._inspector.capabilities

    def snapshot(self, watch: Watch) -> Snapshot:
        """Return all that was asked for in one short read."""
        return self._inspector.snapshot(watch)

    def page(self, request: PageRequest, limits: Limits) -> Page:
        """Return one page."""
        return self._inspector.page(request, limits)

    def get(self, job_id: str) -> Job:
        """Return one job whole. Raises NotFound."""
        return self._inspector.get(job_id)

    def find(self, suffix: str, limit: int = 2) -> tuple[JobRef, ...]:
        """Return the jobs whose id is or ends in `suffix`."""
        return self._inspector.find(suffix, limit)

    def attempts(self, job_id: str) -> tuple[Attempt, ...]:
        """Return the kept attempts of a job."""
        return self._inspector.attempts(job_id)

    def plan(self, query: Query) -> tuple[PlannedTerm, ...]:
        """Return how each term of a filter is answered."""
        return self._inspector.plan(query)

    def events(self, request: EventRequest) -> EventPage:
        """Return one page of what happened, newest first."""
        from queuetui.backends.native.redis.event_log import read_events

        return read_events(self.server, request)

    def logs_events(self, queue: str) -> bool:
        """Tell whether a queue's events are on."""
        return bool(self.server.read("reading a queue's switch", "logs_events", queue))

    def listen_events(self, hear: Callable[[], None]) -> Listener | None:
        """Hear that there may be new events."""
        return self.server.listen_events(hear)

    def examine(self, held_s: float) -> Examination:
        """Return all that the server tells of its condition."""
        from queuetui.backends.native.redis.examining import examine

        return examine(self.server)

    def held_snapshots(self, held_s: float) -> tuple[HeldSnapshot, ...]:
        """Return nothing: a server keeps no old pictures of its data."""
        return ()

    def apply(self, act: Act, targets: Sequence[JobRef], limits: Limits) -> tuple[Result, ...]:
        """Do an act to each target."""
        return self._operator.apply(act, targets, limits)

    def apply_to_queue(self, act: Act, queue: str) -> Result:
        """Pause or resume a queue, or switch its events."""
        return self._operator.apply_to_queue(act, queue)

    def clean_workers(self, act: Act, silent_s: float) -> int:
        """Delete the registrations of silent workers."""
        return self._operator.clean_workers(act, silent_s)

    def close(self) -> None:
        """Give back every connection."""
        self.server.close()


def open_backend(url: str, options: BackendOptions) -> RedisBackend:
    """Open the queue; with `options.create` made first, on a server that keeps what it is given.

    Raises NotFound, SchemaTooNew, and Unsupported for a server that may lose jobs.
    """
    server = Server(read_address(url, options), options)
    try:
        # Asked first, so that a refused login is not taken for a server that keeps its settings to itself.
        version = migrating.check_version(server)
        if options.create:
            refuse_lossy(server)
            migrating.migrate(server)
        elif version is None:
            raise NotFound(
                f"the server holds no queue of queuetui: its key {server.meta} is not there; check the URL and its namespace, "
                "or make a queue with: queuetui enqueue"
            )
        return RedisBackend(server)
    except BaseException:
        server.close()
        raise


def open_schema(url: str, options: BackendOptions) -> RedisBackend:
    """Open the schema alone, whatever its version."""
    return RedisBackend(Server(read_address(url, options), options))


def discover(url: str, options: BackendOptions) -> Found | None:
    """Return our own queue if the namespace holds one."""
    server = Server(read_address(url, options), options)
    try:
        version = migrating.read_version(server)
        if version is None:
            return None
        queues, jobs = server.read("counting jobs", "count")
    finally:
        server.close()
    return Found("native", "queuetui", f"its key {server.meta} holds schema {version}", queues, Measured(jobs))
