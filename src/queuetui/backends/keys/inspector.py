"""What a console reads of a product's keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from heapq import nlargest
from typing import Any

from queuetui.backends.keys.counts import SHARED_ENTRIES, count_jobs
from queuetui.backends.keys.entry_reader import KeysReading
from queuetui.backends.keys.look_cache import LookCache
from queuetui.backends.keys.lookup import find_refs, find_whole, load_seen
from queuetui.backends.keys.pages import plan_terms, read_page
from queuetui.backends.keys.product import KeysProduct
from queuetui.backends.reading.figures import PAGE, make_snapshot
from queuetui.backends.reading.seen_jobs import SeenJobs
from queuetui.backends.reading.worker_names import name_workers
from queuetui.backends.redis.server import RedisServer
from queuetui.backends.schedules import MOST_SCHEDULES
from queuetui.model.capabilities import Capabilities
from queuetui.model.clock import EARLIEST
from queuetui.model.errors import NotFound, QueueTuiError
from queuetui.model.identity import Identity
from queuetui.model.job import Attempt, Job, shorten
from queuetui.model.job_view import JobView
from queuetui.model.limits import Limits
from queuetui.model.page import IdSearch, Page, PageRequest, PlannedTerm
from queuetui.model.query import Query
from queuetui.model.schedule import ScheduleReading
from queuetui.model.snapshot import Part, Snapshot, Watch
from queuetui.model.state import State
from queuetui.model.text import sanitize

_NAMED_KEYS = 3


class KeysInspector:
    """Reads with plain commands, in packets; nothing it sends can change a key."""

    def __init__(self, server: RedisServer, product: KeysProduct) -> None:
        self._server = server
        self._product = product
        self._seen = SeenJobs()
        self.looks = LookCache()

    @property
    def capabilities(self) -> Capabilities:
        """What this product can do."""
        return self._product.capabilities

    def snapshot(self, watch: Watch) -> Snapshot:
        """Return all that was asked for; a part that fails alone is named in `problems`."""
        reading = KeysReading(self._server, self._product, watch.limits)
        found: dict[str, Any] = {}
        problems: dict[str, str] = {}
        for name, read in self._parts(watch):
            try:
                found[name] = read(reading)
            except QueueTuiError as error:
                problems[name] = str(error)
        # Where the server cannot be reached at all, asking for its time fails here.
        name, problems = reading.moment.backend, problems | _unread_keys(reading)
        whole = make_snapshot(name, reading.now, self.capabilities.label, found, problems)
        return replace(whole, has_more_queues=bool(reading.survey.unseen))

    def page(self, request: PageRequest, limits: Limits) -> Page:
        """Return one page."""
        return self._page(KeysReading(self._server, self._product, limits), request)

    def get(self, job_id: str) -> Job:
        """Return one job whole; raises NotFound."""
        return self._get(self._reading(), job_id)

    def view(self, job_id: str, events: int) -> JobView:
        """Return one job with queues, workers and attempts that explain it, by one survey of the keys."""
        reading = self._reading()
        job = self._get(reading, job_id)
        named = reading.queue_names | {job.queue.raw}
        return JobView(
            job,
            reading.now,
            tuple(map(reading.survey.describe, sorted(named))),
            reading.survey.workers,
            attempts=self._product.attempts(job.ref.id, reading.ask),
        )

    def _get(self, reading: KeysReading, job_id: str) -> Job:
        seen = load_seen(reading, self._seen.find((job_id,))).get(job_id)
        looked = 0
        if seen is None:
            seen, looked = find_whole(reading, job_id)
        if seen is not None:
            return seen.job
        why = f"{looked:,} jobs were looked through" if looked else "it may have finished, expired or been deleted"
        raise NotFound(f"there is no job {sanitize(job_id, 60)!r} in {self.capabilities.label}'s keys; {why}")

    def get_many(self, job_ids: Sequence[str]) -> tuple[Job, ...]:
        """Return those of the jobs that are there; what moved since it was listed is searched for by itself."""
        reading, asked = self._reading(), tuple(dict.fromkeys(job_ids))
        found = {job_id: seen.job for job_id, seen in load_seen(reading, self._seen.find(asked)).items()}
        for job_id in asked:
            if job_id not in found and (seen := find_whole(reading, job_id)[0]) is not None:
                found[job_id] = seen.job
        return tuple(shorten(found[job_id]) for job_id in asked if job_id in found)

    def find(self, suffix: str, limit: int = 2, after: str | None = None) -> IdSearch:
        """Look for the jobs whose id is or ends in `suffix`."""
        return find_refs(self._reading(), suffix, limit, after)

    def attempts(self, job_id: str) -> tuple[Attempt, ...]:
        """Return the kept attempts of a job."""
        return self._product.attempts(job_id, self._reading().ask)

    def plan(self, query: Query) -> tuple[PlannedTerm, ...]:
        """Return how each term is answered."""
        return plan_terms(self._product, query)

    def identity(self) -> Identity:
        """Return the server's run, which is another after a restart, and the product with its first key."""
        run = self._server.read_info("server").get("run_id", "")
        return Identity(f"redis {run} {self.capabilities.kind} {self._product.home}", lasting=False)

    def schedules(self) -> ScheduleReading:
        """Return the schedules that the product keeps, by name."""
        reading = self._reading()
        found = sorted(self._product.schedules(reading.survey, reading.ask), key=lambda one: one.name)
        return ScheduleReading(reading.now, (), is_cut=len(found) > MOST_SCHEDULES, kept=tuple(found[:MOST_SCHEDULES]))

    def _parts(self, watch: Watch) -> Iterator[tuple[str, Callable[[KeysReading], object]]]:
        if watch.parts & {Part.COUNTS, Part.QUEUES}:
            yield Part.COUNTS, lambda reading: count_jobs(reading, self.looks, exact=watch.exact)
        if Part.FAILURES in watch.parts:
            yield Part.FAILURES, lambda reading: self._failures(reading, watch.failures)
        if Part.WORKERS in watch.parts:
            yield Part.WORKERS, lambda reading: reading.survey.workers
        request = watch.page
        if request is not None:
            yield PAGE, lambda reading: self._page(reading, request)

    def _reading(self) -> KeysReading:
        return KeysReading(self._server, self._product, self._server.options.limits)

    def _page(self, reading: KeysReading, request: PageRequest) -> Page:
        named = replace(request, query=name_workers(request.query, reading.survey.workers))
        page = read_page(reading, named)
        self._seen.add(page.jobs)
        return page

    def _failures(self, reading: KeysReading, limit: int) -> tuple[Job, ...]:
        """Return the latest dead letters, of as many of each key, or of more where these stand among others."""
        shelves = [shelf for shelf in reading.shelves if State.FAILED in shelf.states]
        plain = [shelf for shelf in shelves if len(shelf.states) == 1]
        mixed = [shelf for shelf in shelves if len(shelf.states) > 1]
        slices = [*reading.slices(plain, 0, limit), *reading.slices(mixed, 0, SHARED_ENTRIES)] if limit else []
        seen = reading.load([entry for entries in slices for entry in entries])
        jobs = [one.job for one in seen if one.job.state is State.FAILED]
        found = tuple(shorten(job) for job in nlargest(limit, jobs, key=lambda job: job.completed_at or EARLIEST))
        self._seen.add(found)
        return found


def _unread_keys(reading: KeysReading) -> dict[str, str]:
    unseen = {"queues": reading.survey.unseen} if reading.survey.unseen else {}
    if not reading.odd_keys:
        return unseen
    keys = sorted(key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key) for key in reading.odd_keys)
    named = ", ".join(sanitize(key, 60) for key in keys[:_NAMED_KEYS])
    more = f" and {len(keys) - _NAMED_KEYS:,} more" if len(keys) > _NAMED_KEYS else ""
    label = reading.product.capabilities.label
    return unseen | {
        "keys": f"another type of value than {label}'s stands at {named}{more} and is taken as empty; look at what writes there"
    }
