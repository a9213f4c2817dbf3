"""Reads our own queue on Redis for a console."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from queuetui.backends.native.redis.alarms import LOOK_EVERY_S
from queuetui.backends.native.redis.durability import describe_capabilities, read_durability
from queuetui.backends.native.redis.figures import Figures, TallyShelf
from queuetui.backends.native.redis.ids import to_stored
from queuetui.backends.native.redis.job_views import missing, read_view
from queuetui.backends.native.redis.jobs import HEAD_BYTES, WHOLE, read_attempts, read_job
from queuetui.backends.native.redis.keys import STATES
from queuetui.backends.native.redis.pages import PageReading
from queuetui.backends.native.redis.pictures import (
    AROUND,
    AROUND_STUCK,
    QueueRow,
    ScriptSnapshot,
    Wanted,
    letters_for,
    take_picture,
)
from queuetui.backends.native.redis.short_id_search import find_refs
from queuetui.backends.native.redis.terms import plan_terms
from queuetui.backends.reading.query_scope import asks_for_stuck
from queuetui.model.errors import Denied, Unreachable
from queuetui.model.identity import Identity
from queuetui.model.job import shorten
from queuetui.model.measured import Exactness, Measured, absent
from queuetui.model.snapshot import Part, QueueInfo, Snapshot, Watch
from queuetui.model.text import Untrusted, sanitize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from queuetui.backends.native.redis.server import Server
    from queuetui.model.capabilities import Capabilities
    from queuetui.model.job import Attempt, Job
    from queuetui.model.job_view import JobView
    from queuetui.model.limits import Limits
    from queuetui.model.page import IdSearch, Page, PageRequest, PlannedTerm
    from queuetui.model.query import Query

_NAMED_KEYS = 3


class RedisInspector:
    """The Inspector of the backend: one script reads a frame, a second one its page."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._shelf = TallyShelf()
        self._capabilities: Capabilities | None = None
        self._look_at_s = 0.0

    @property
    def capabilities(self) -> Capabilities:
        """The capabilities; the durability is read from the server once a minute."""
        if self._capabilities is None or time.monotonic() >= self._look_at_s:
            self._capabilities = describe_capabilities(read_durability(self._server))
            self._look_at_s = time.monotonic() + LOOK_EVERY_S
        return self._capabilities

    def snapshot(self, watch: Watch) -> Snapshot:
        """Return the requested parts; a page that cannot be read is named in `problems`."""
        letters = letters_for(watch)
        since = self._shelf.first_unknown(watch.tally_minutes) if "T" in letters else None
        wanted = Wanted(letters, watch.tally_minutes, since, watch.failures)
        picture = take_picture(self._server, wanted, watch.limits)
        if picture.waiting.idle and (watch.limits.overdue_per_queue_s or watch.limits.overdue_per_type_s):
            picture = PageReading(self._server, picture).recount_idle()
        figures = None
        if "T" in letters:
            figures = self._shelf.add(picture.now, watch.tally_minutes, picture.minutes, since)
        page, problems = None, _odd_keys(picture)
        if watch.page is not None:
            try:
                page = PageReading(self._server, picture).read_page(watch.page)
            except (Unreachable, Denied) as error:
                problems["page"] = str(error)
        return _develop(self._server.name, watch, picture, figures, page, problems)

    def page(self, request: PageRequest, limits: Limits) -> Page:
        """Return one page."""
        around = AROUND_STUCK if asks_for_stuck(request.query) else AROUND
        return PageReading(self._server, take_picture(self._server, Wanted(around), limits)).read_page(request)

    def get(self, job_id: str) -> Job:
        """Return one job whole."""
        (reply,) = self._server.read("reading a job", "read_jobs", WHOLE, to_stored(job_id))
        if reply is None:
            raise missing(job_id)
        return read_job(reply, self._server.name, self._server.options.summaries)

    def view(self, job_id: str, events: int) -> JobView:
        """Return one job with the facts that its verdict needs."""
        return read_view(self._server, job_id, events)

    def get_many(self, job_ids: Sequence[str]) -> tuple[Job, ...]:
        """Return the jobs that exist, in the order of the given ids."""
        asked = dict.fromkeys(map(to_stored, job_ids))
        if not asked:
            return ()
        replies = self._server.read("reading jobs by their ids", "read_jobs", HEAD_BYTES, *asked)
        summaries = self._server.options.summaries
        return tuple(shorten(read_job(one, self._server.name, summaries)) for one in replies if one is not None)

    def find(self, suffix: str, limit: int = 2, after: str | None = None) -> IdSearch:
        """Find the jobs whose id ends in `suffix`, with or without hyphens."""
        return find_refs(self._server, suffix, limit, after)

    def attempts(self, job_id: str) -> tuple[Attempt, ...]:
        """Return the kept attempts of a job."""
        return read_attempts(self._server.read("reading a job's attempts", "read_attempts", to_stored(job_id)))

    def plan(self, query: Query) -> tuple[PlannedTerm, ...]:
        """Return how each term is answered."""
        return plan_terms(query)

    def identity(self) -> Identity:
        """Return the identity: the server's run id, which changes at a restart, and the namespace."""
        run = self._server.read_info("server").get("run_id", "")
        return Identity(f"redis {run} {self._server.meta}", lasting=False)


def _develop(
    name: str,
    watch: Watch,
    picture: ScriptSnapshot,
    figures: Figures | None,
    page: Page | None,
    problems: dict[str, str],
) -> Snapshot:
    parts = watch.parts
    counted = Part.COUNTS in parts
    return Snapshot(
        name,
        picture.now,
        counts={state: _counted(picture, picture.counts[state]) for state in STATES} if counted else {},
        stuck=_stuck_in_all(picture) if counted else absent("not asked for"),
        total=Measured(picture.total, as_of=picture.now) if counted else absent("not asked for"),
        average_s=figures.average() if counted and figures is not None else absent("not asked for"),
        queues=_queues(picture, figures) if Part.QUEUES in parts else (),
        workers=picture.workers if Part.WORKERS in parts else (),
        tally=figures.by_minute() if Part.TALLY in parts and figures is not None else (),
        failures=tuple(map(shorten, picture.failures)),
        page=page,
        problems=problems,
        held_until=picture.held_until,
    )


def _odd_keys(picture: ScriptSnapshot) -> dict[str, str]:
    if not picture.odd_keys:
        return {}
    named = ", ".join(sanitize(one) for one in picture.odd_keys[:_NAMED_KEYS])
    more = f" and {len(picture.odd_keys) - _NAMED_KEYS} more" if len(picture.odd_keys) > _NAMED_KEYS else ""
    what = f"another kind of value than a queue's stands at {named}{more} and is taken as empty"
    return {"keys": f"{what}; delete the key, or use another namespace"}


def _counted(picture: ScriptSnapshot, count: int) -> Measured[int]:
    return Measured(count, Exactness.EXACT if picture.is_every_queue else Exactness.CAPPED, picture.now)


def _stuck(picture: ScriptSnapshot, count: int) -> Measured[int]:
    return Measured(count, Exactness.EXACT if picture.is_every_run else Exactness.CAPPED, picture.now)


def _stuck_in_all(picture: ScriptSnapshot) -> Measured[int]:
    stuck = _stuck(picture, picture.count_stuck().total())
    return stuck if picture.is_every_queue else replace(stuck, exactness=Exactness.CAPPED)


def _queues(picture: ScriptSnapshot, figures: Figures | None) -> tuple[QueueInfo, ...]:
    stuck = picture.count_stuck()
    return tuple(_queue(row, picture, figures, _stuck(picture, stuck[row.name])) for row in picture.queues)


def _queue(row: QueueRow, picture: ScriptSnapshot, figures: Figures | None, stuck: Measured[int]) -> QueueInfo:
    return QueueInfo(
        Untrusted(row.name),
        {state: Measured(row.counts[state], as_of=picture.now) for state in STATES},
        stuck,
        oldest_due_at=row.oldest_due_at,
        paused_at=row.paused_at,
        paused_by=None if row.paused_by is None else Untrusted(row.paused_by),
        consumers=picture.consumers(row.name),
        average_s=None if figures is None else figures.average_of(row.name),
        recent=None if figures is None else figures.recent(row.name),
        logs_events=row.logs_events,
        rests=row.rests,
    )
