"""Reads a backend and judges what was read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from queuetui.backends.search import Search
from queuetui.model.errors import BadConfig, BadQuery, Denied, Unsupported
from queuetui.model.event import Event, EventRequest
from queuetui.model.measured import Exactness, Measured
from queuetui.model.picture import Picture
from queuetui.model.run_notes import NotedRun, told_by_handler
from queuetui.model.snapshot import Part, Snapshot, Watch
from queuetui.monitor.asked_again import ask_again
from queuetui.monitor.diagnosis.explain import explain
from queuetui.monitor.diagnosis.facts import Facts, gather_facts
from queuetui.monitor.diagnosis.surroundings import judge_around
from queuetui.monitor.learned_limits import LearnedLimits
from queuetui.monitor.log_feed import LogFeed
from queuetui.monitor.plain_feed import PlainFeed
from queuetui.monitor.run_starts import shown_page
from queuetui.monitor.server_watch import ServerWatch
from queuetui.monitor.still_queues import StillQueues
from queuetui.monitor.store_watch import StoreWatch
from queuetui.monitor.watched_past import WatchedPast

if TYPE_CHECKING:
    from queuetui.backends.backend import Backend
    from queuetui.model.access import Access
    from queuetui.model.claim_rules import RulesInUse
    from queuetui.model.examination import Finding
    from queuetui.model.histories import Durations
    from queuetui.model.job import Attempt, Job
    from queuetui.model.limits import Limits
    from queuetui.model.page import Page, PageRequest
    from queuetui.model.query import Query
    from queuetui.model.schedule_info import ScheduleInfo
    from queuetui.model.server_view import ServerView
    from queuetui.model.verdict import Verdict
    from queuetui.monitor.observed_runs import ObservedRuns
    from queuetui.monitor.run_lengths import RunLengths

EVENTS = "events"
RULES = "rules"
FACT_PARTS = frozenset({Part.QUEUES, Part.WORKERS})
HEALTH_PARTS = frozenset({Part.COUNTS, Part.QUEUES, Part.WORKERS, Part.TALLY, Part.STORE})

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Detail:
    """One job with its payload and errors, its verdict and its kept attempts.

    `events`, newest first, is None if they were not read.
    `runs` are the logs, counters and measures of its runs; `gap` is the verdict if its events contradict its state.
    """

    job: Job
    verdict: Verdict
    attempts: tuple[Attempt, ...]
    events: tuple[Event, ...] | None = None
    runs: tuple[NotedRun, ...] = ()
    gap: Verdict | None = None


class Feed(PlainFeed, LogFeed):
    """Reads a backend and judges the result by the rules; blocks, and raises the errors of the backend."""

    def __init__(
        self,
        backend: Backend,
        limits: Limits,
        lengths: Callable[[], RunLengths] | None = None,
        access: Access | None = None,
    ) -> None:
        super().__init__(backend, access)
        self._learned = LearnedLimits(limits)
        self._open_lengths = lengths
        self._observed: ObservedRuns | None = None
        self._observes = self._is_hurried = False
        self._has_polled = False
        self._store = StoreWatch(backend)
        self._server = ServerWatch(backend)
        self._still = StillQueues(self._inspector)
        self._past = WatchedPast(limits.alarms.clear_after_s)

    @property
    def limits(self) -> Limits:
        """The limits of the profile, raised for job types whose runs usually take longer."""
        return self._learned.limits

    def observe(self, *, hurried: bool = False) -> None:
        """Learn how long runs take at each poll from now on, if the store keeps no history of runs.

        A `hurried` caller, such as a console, never waits for a second look that the next poll can take.
        """
        self._observes, self._is_hurried = True, hurried

    def poll(self, watch: Watch, *, thorough: bool = False) -> Picture:
        """Read what the watch asks for and judge it; every listed job gets a verdict.

        The limits of the watch are replaced by those of the feed. A `thorough` poll, made for health, may take a moment longer to
        find out whether the queues of overdue jobs stand still.
        """
        if self._has_polled:
            # The first picture of a console must come fast, so the usual run times are read from the second poll on.
            self._learn()
        self._has_polled = True
        read = self._inspector.snapshot(replace(watch, limits=self.limits, parts=watch.parts | FACT_PARTS))
        snapshot = _count_listed(read, watch.page)
        if self._observes and self._learned.is_untold and (observed := self._observed_runs()) is not None:
            observed.look(snapshot.now, self.limits)
        problems, request = dict(snapshot.problems), watch.events
        rules = self._rules(problems)
        page = () if snapshot.page is None else snapshot.page.jobs
        facts = self._facts_of(snapshot, rules)
        still = self._still.look(facts, hurried=self._is_hurried) if thorough or self._is_hurried else {}
        warnings = judge_around(replace(facts, still=still))
        return Picture(
            snapshot,
            problems,
            self._judge((*page, *snapshot.failures), facts),
            rules,
            self._findings(problems) if Part.STORE in watch.parts else (),
            self._schedules(snapshot, problems) if Part.SCHEDULES in watch.parts else (),
            None if request is None else _ask(EVENTS, lambda: self.events(request), problems),
            warnings,
            self._server_seen(problems) if watch.server else None,
            self._past.stand(warnings, snapshot.now),
            still,
        )

    def poll_health(self, *, exact: bool = False) -> Picture:
        """Return the picture that health is judged by; read it again if the connection was lost meanwhile."""
        return ask_again(lambda: self.poll(Watch(parts=HEALTH_PARTS, exact=exact), thorough=True))

    def check_up(self, version: str) -> tuple[Finding, ...]:
        """Return the condition of the store and of its workers, check by check; raises Unsupported.

        `version` is the version of this program.
        """
        from queuetui.monitor.checkup import check_up

        return check_up(self._backend, self.limits, version, access=self.access)

    def judge_by(self, picture: Picture, limits: Limits) -> Picture:
        """Judge the queues and workers of a picture anew, by other limits, without reading the store."""
        facts = replace(self._facts_of(picture.snapshot, picture.rules), limits=limits, still=picture.still)
        return replace(picture, warnings=judge_around(facts))

    def page(self, request: PageRequest) -> tuple[Page, dict[str, Verdict]]:
        """Return one page and its verdicts by `ref.id`."""
        self._learn()
        page = self._inspector.page(request, self.limits)
        return page, self._judge(page.jobs, self._facts())

    def skip(self, query: Query, count: int) -> tuple[str | None, bool]:
        """Return the cursor after the first `count` matching jobs, and whether more jobs follow it."""
        search = Search(self._inspector, query, self.limits, brief=True)
        for _ in search.jobs(count):
            pass
        return search.cursor, search.found >= count and search.has_more

    def open(self, job_id: str, *, events: int = 0) -> Detail:
        """Return all about one job, with at most `events` of its events if a log is kept; raises NotFound."""
        # Imported here because the first picture of a console, which must come fast, needs none of it.
        from queuetui.monitor.diagnosis import gap
        from queuetui.monitor.queue_progress import is_late, read_progress

        self._learn()
        view = self._inspector.view(job_id, events)
        rules = {use.queue: use for use in view.rules}
        facts = replace(
            gather_facts(view, rules, self.limits, self.capabilities),
            lock=view.lock,
            usual=self._learned.usual,
            access=self.access,
        )
        if is_late(view.job, facts):
            facts = replace(facts, progress=read_progress(self._inspector, view.job, facts.now, self.limits))
        request = EventRequest(job_id=job_id, limit=events)
        page, is_logged = view.events, view.logs_events
        if page is None and events and self.capabilities.events:
            # The log is in a table of its own, so the view of the job did not contain the events.
            page = self.events(request)
            is_logged = self.logs_events(view.job.queue.raw)
        elif page is not None:
            page = shown_page(page, request)
        told = None if page is None else page.events
        missing = None if told is None else gap.judge(view.job, told, facts, is_logged=is_logged)
        runs = tuple(map(told_by_handler, view.runs))
        return Detail(view.job, explain(view.job, facts), view.attempts, told, runs, missing)

    def close(self) -> None:
        """Close the backend's connections and the file of learned run times."""
        super().close()
        if self._observed is not None:
            self._observed.close()

    def server_view(self) -> ServerView:
        """Return the server's connections, locks and sizes; raises Unsupported if the store has no server."""
        return self._server.look()

    def gap_of(self, job_id: str) -> Verdict | None:
        """Return the verdict about a job whose events contradict its state; raises NotFound."""
        from queuetui.monitor.lives import EVENTS_OF_A_JOB

        return self.open(job_id, events=EVENTS_OF_A_JOB).gap

    def search(
        self,
        query: Query,
        limit: int,
        tell: Callable[[str], object] | None = None,
        *,
        whole: bool = False,
        after: str | None = None,
        reach: Callable[[str], object] | None = None,
    ) -> Iterator[tuple[Job, Verdict]]:
        """Yield the matching jobs with their verdicts, at most `limit`, from the cursor `after` on.

        At the end `tell` is called with each remark about what the answer leaves out, and `reach` with the cursor from which another
        search can continue; `reach` is not called if no jobs follow.
        If the store cannot answer the filter, its newest jobs are searched, or all of them if `whole`.
        """
        self._learn()
        facts = self._facts()
        search = Search(self._backend.inspector, query, self.limits, whole, cursor=after)
        for job in search.jobs(limit):
            yield job, explain(job, facts)
        if tell is not None:
            for note in (*search.notes, *_bounds(search, limit)):
                tell(note)
        if reach is not None and search.has_more and search.cursor is not None:
            reach(search.cursor)

    def _learn(self) -> None:
        self._learned.look(self._backend.histories, self._usual_observed)

    def _usual_observed(self) -> Mapping[str, Durations]:
        observed = self._observed_runs()
        return {} if observed is None else observed.usual()

    def _observed_runs(self) -> ObservedRuns | None:
        """Return the observer of runs, loaded only for a store that keeps no history of runs itself."""
        if self._observed is None and self._open_lengths is not None:
            from queuetui.monitor.observed_runs import ObservedRuns

            self._observed = ObservedRuns(self._inspector, self._open_lengths())
        return self._observed

    def _findings(self, problems: dict[str, str]) -> tuple[Finding, ...]:
        """Return what is wrong with the store; if that cannot be read, add the reason to the problems."""
        findings = self._store.look()
        if self._store.problem:
            problems[Part.STORE.value] = self._store.problem
        return findings

    def _server_seen(self, problems: dict[str, str]) -> ServerView | None:
        seen = self._server.look_again()
        if self._server.problem:
            problems["server"] = self._server.problem
        return seen

    def _schedules(self, snapshot: Snapshot, problems: dict[str, str]) -> tuple[ScheduleInfo, ...]:
        """Return the schedules, if any are kept; if they cannot be read, add the reason to the problems."""
        store = self._backend.schedules
        reading = None if store is None else _ask(Part.SCHEDULES.value, store.schedules, problems)
        if reading is None:
            return ()
        if reading.problem:
            problems[Part.SCHEDULES.value] = reading.problem
        from queuetui.monitor.schedules import describe_schedules

        return describe_schedules(reading, snapshot.workers, self.limits, self.access)

    def _rules(self, problems: dict[str, str]) -> Mapping[str, RulesInUse]:
        """Return the rules of each queue, if the backend keeps any.

        If they cannot be read, the reason is added to the problems.
        """
        store = self._backend.rules
        uses = None if store is None else _ask(RULES, store.rules_in_use, problems)
        odd = [use.problem for use in uses or () if use.problem]
        if odd:
            problems[RULES] = odd[0] if len(odd) == 1 else f"{odd[0]} (and {len(odd) - 1} more queues)"
        return {use.queue: use for use in uses or ()}

    def _facts(self) -> Facts:
        snapshot = self._inspector.snapshot(Watch(limits=self.limits, parts=FACT_PARTS))
        return self._facts_of(snapshot, self._rules({}))

    def _facts_of(self, snapshot: Snapshot, rules: Mapping[str, RulesInUse]) -> Facts:
        facts = gather_facts(snapshot, rules, self.limits, self._inspector.capabilities, snapshot.problems)
        first_rss = self._past.measure(snapshot.workers, snapshot.now)
        return replace(facts, first_rss=first_rss, usual=self._learned.usual, access=self.access)

    def _judge(self, jobs: Iterable[Job], facts: Facts) -> dict[str, Verdict]:
        return {job.ref.id: explain(job, facts) for job in jobs}


def _count_listed(snapshot: Snapshot, request: PageRequest | None) -> Snapshot:
    """Return the snapshot, its total raised to the number of jobs on an unfiltered page.

    The page may list jobs that no count includes: those in an unknown state, or of a queue that no filter can name.
    """
    page, total = snapshot.page, snapshot.total.value
    if page is None or request is None or request.query.terms or total is None or len(page.jobs) <= total:
        return snapshot
    whole = request.cursor is None and not page.has_more
    listed = Measured(len(page.jobs), Exactness.EXACT if whole else Exactness.CAPPED, snapshot.now)
    return replace(snapshot, total=listed, page=replace(page, total=listed))


def _ask(part: str, read: Callable[[], T], problems: dict[str, str]) -> T | None:
    """Return what was read; if this part cannot be read, return None and add the reason to the problems."""
    try:
        return read()
    except (BadConfig, BadQuery, Denied, Unsupported) as error:
        problems[part] = str(error)
        return None


def _bounds(search: Search, limit: int) -> Iterator[str]:
    """Yield remarks about the jobs that an answer leaves out."""
    if search.is_cut_short:
        yield f"{search.looked:,} jobs were looked through and there are more; --all looks through every one"
    elif search.has_more:
        yield f"more jobs match than the {limit:,} shown"
