"""The acts of people on queues: prepared, confirmed, recorded, executed, reported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from queuetui.backends.search import Search
from queuetui.model.act import Act, Outcome, Result, Target, Verb
from queuetui.model.clock import to_text
from queuetui.model.errors import Denied, QueueTuiError, UnknownOutcome, Unreachable
from queuetui.model.job_id import usual_spelling
from queuetui.model.query import Comparison, Term
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.model.state import State
from queuetui.operate.claim_rules import ClaimRulesOperations
from queuetui.operate.export import export_jobs
from queuetui.operate.lost_answers import answer_of
from queuetui.operate.manifest import Manifest, make_manifest
from queuetui.operate.report import GONE, Report
from queuetui.operate.rights import Right, why_not
from queuetui.operate.schedules import ScheduleOperations
from queuetui.operate.upkeep import UpkeepOperations

if TYPE_CHECKING:
    from datetime import datetime

    from queuetui.backends.backend import Backend
    from queuetui.model.act import JobRef
    from queuetui.model.job import Job
    from queuetui.model.limits import Limits
    from queuetui.model.query import Query
    from queuetui.operate.authority import Authority
    from queuetui.operate.journal import Journal

BATCH = 100
READ_AT_ONCE = 500
MATCHING_LIMIT = 50_000
_INTERRUPTED = "the act was stopped by Ctrl-C"


@dataclass(frozen=True, slots=True)
class Thoroughness:
    """How far a search for matching jobs goes: through every job if `whole`, on from the end of `begun`.

    `tell` is called with its progress: the number of jobs searched, and the number found.
    """

    whole: bool = False
    begun: Manifest | None = None
    tell: Callable[[int, int], object] = lambda *_: None


BOUNDED = Thoroughness()


class Operations:
    """The acts of one person on one backend; every call blocks, is checked, recorded, compared-and-set."""

    def __init__(self, backend: Backend, authority: Authority, limits: Limits) -> None:
        self._backend = backend
        self._authority = authority
        self._limits = limits
        self.schedules = ScheduleOperations(backend, authority)
        self.rules = ClaimRulesOperations(backend, authority)
        self.upkeep = UpkeepOperations(backend, authority)

    def why_not(self, verb: Verb) -> str | None:
        """Return why a verb is not allowed, None where it is."""
        return self._authority.why_not(verb, self._backend.inspector.capabilities)

    def why_impossible(self, verb: Verb) -> str | None:
        """Return why this backend does not support a verb, whatever the right; None where it does."""
        return why_not(verb, Right.ADMIN, self._backend.inspector.capabilities)

    def prepare(self, verb: Verb, jobs: Sequence[Job], filter_text: str = "", retry_until: str = "") -> Manifest:
        """Prepare an act on these jobs as they were seen."""
        return make_manifest(
            verb,
            jobs,
            self._backend.inspector.capabilities,
            filter_text=filter_text,
            retry_until=retry_until,
            now=self._now_for(verb, jobs),
        )

    def prepare_seen(self, verb: Verb, jobs: Sequence[Job], retry_until: str = "") -> Manifest:
        """Prepare an act on jobs that were seen, as they are now; jobs that are gone are named."""
        ids = iter([job.ref.id for job in jobs])
        found: list[Job] = []
        while batch := tuple(islice(ids, READ_AT_ONCE)):
            found += self._backend.inspector.get_many(batch)
        there = {job.ref.id for job in found}
        gone = [job for job in jobs if job.ref.id not in there]
        manifest = self.prepare(verb, found, retry_until=retry_until)
        different = (*manifest.different, *((job, GONE) for job in gone))
        return replace(manifest, jobs=(*manifest.jobs, *gone), different=different)

    def prepare_ids(self, verb: Verb, job_ids: Sequence[str], retry_until: str = "") -> Manifest:
        """Prepare an act on the jobs of these complete ids, as they are now.

        Ids without a job are in `missing`.
        """
        ids = iter(dict.fromkeys(job_ids))
        found: list[Job] = []
        while batch := tuple(islice(ids, READ_AT_ONCE)):
            found += self._backend.inspector.get_many(batch)
        there = {job.ref.id for job in found}
        missing = (one for one in dict.fromkeys(job_ids) if not {one, usual_spelling(one)} & there)
        return replace(self.prepare(verb, found, retry_until=retry_until), missing=tuple(missing))

    def prepare_matching(
        self,
        verb: Verb,
        query: Query,
        limit: int = MATCHING_LIMIT,
        retry_until: str = "",
        *,
        purge: bool = False,
        how: Thoroughness = BOUNDED,
    ) -> Manifest:
        """Prepare an act on all jobs that match; with `purge` one that writes them to a file first.

        At most `limit` jobs. A retry takes completed ones only where the filter names that state, or an id.
        """
        asked, begun = query, how.begun
        if verb is Verb.RETRY and self._backend.inspector.capabilities.fits(verb, State.COMPLETED):
            query = _unless_named(query, State.COMPLETED)
        before = () if begun is None else begun.jobs
        search = Search(self._backend.inspector, query, self._limits, how.whole, brief=True)
        search.tell = lambda so_far: how.tell(so_far.looked, so_far.found)
        if begun is not None:
            search.cursor, search.looked, search.found = begun.reached, begun.looked or 0, len(before)
        jobs = (*before, *search.jobs(limit))
        manifest = make_manifest(
            verb,
            jobs,
            self._backend.inspector.capabilities,
            filter_text=query.text,
            purge=purge,
            more=search.has_more and not search.is_cut_short,
            retry_until=retry_until,
            now=self._now_for(verb, jobs),
        )
        manifest = replace(manifest, spared=State.COMPLETED if query is not asked else None)
        return replace(manifest, looked=search.looked, reached=search.cursor) if search.is_cut_short else manifest

    def prepare_purge(self, query: Query, limit: int = MATCHING_LIMIT, how: Thoroughness = BOUNDED) -> Manifest:
        """Prepare a purge of all jobs that match now."""
        return self.prepare_matching(Verb.DELETE, query, limit, purge=True, how=how)

    def prepare_cleanup(
        self,
        states: Sequence[str] | None,
        older_than_s: float,
        limit: int = MATCHING_LIMIT,
        how: Thoroughness = BOUNDED,
    ) -> Manifest:
        """Prepare the deletion of jobs that ended longer ago than a span.

        Without states it takes those that the backend names.
        """
        capabilities = self._backend.inspector.capabilities
        ended_before = to_text(self._now() - timedelta(seconds=older_than_s))
        query = parse_query(f"state:{','.join(states or capabilities.cleanup)} {capabilities.ended_by}<{ended_before}")
        return self.prepare_matching(Verb.DELETE, query, limit, how=how)

    def _now(self) -> datetime:
        return self._backend.inspector.snapshot(Watch(parts=frozenset(), limits=self._limits)).now

    def _now_for(self, verb: Verb, jobs: Iterable[Job]) -> datetime | None:
        """Return the store's time if the jobs include a run, which may be released only after its lease."""
        is_asked = verb in {Verb.RETRY, Verb.RELEASE} and any(job.state is State.PROCESSING for job in jobs)
        return self._now() if is_asked else None

    def perform(self, manifest: Manifest, reason: str = "") -> Report:
        """Execute a confirmed act in batches; a purge writes its file first.

        Raises Denied before anything is done. When the store is lost, the current batch is `unknown` and the rest is not tried.
        """
        for verb, _ in manifest.steps:
            self._authority.require(verb, self._backend.inspector.capabilities)
        exported = None
        if manifest.purge and manifest.refs:
            going = set(manifest.refs)
            exported = export_jobs(
                (job for job in manifest.jobs if job.ref in going),
                self._authority.export_folder,
                self._backend.inspector.get,
            )
        first = Act(manifest.verb, self._authority.actor, reason, manifest.filter_text)
        run = _Run(self._backend, self._authority.journal, self._limits)
        for verb, refs in manifest.steps:
            for batch in _batches(refs):
                args = {"of": first.id, **manifest.args}
                run.take(Act(verb, self._authority.actor, reason, manifest.filter_text, args), batch)
        return Report(
            manifest.verb,
            first.id,
            tuple(run.results),
            manifest.different,
            None if exported is None else str(exported),
            tuple(dict.fromkeys(run.remarks)),
            missing=manifest.missing,
            is_interrupted=run.is_interrupted,
        )

    def set_paused(self, queue: str, *, paused: bool, reason: str = "") -> Report:
        """Pause or resume a queue."""
        return self._change_queue(Verb.PAUSE if paused else Verb.RESUME, queue, reason)

    def switch_events(self, queue: str, *, on: bool, reason: str = "") -> Report:
        """Switch the event log of a queue on or off."""
        return self._change_queue(Verb.EVENTS_ON if on else Verb.EVENTS_OFF, queue, reason)

    def _change_queue(self, verb: Verb, queue: str, reason: str) -> Report:
        self._authority.require(verb, self._backend.inspector.capabilities)
        act = Act(verb, self._authority.actor, reason)
        self._authority.journal.intend(act, (), queue)
        try:
            result = answer_of(lambda: self._backend.operator.apply_to_queue(act, queue), self._backend)
        except QueueTuiError as error:
            self._authority.journal.break_off(act, str(error))
            raise
        remark = self._authority.journal.conclude(act, (result,))
        return Report(verb, act.id, (result,), remarks=() if remark is None else (remark,))

    def clean_workers(self, silent_s: float) -> int:
        """Delete the registrations of workers that have been silent for longer; return how many."""
        self._authority.require(Verb.CLEAN, self._backend.inspector.capabilities)
        act = Act(Verb.CLEAN, self._authority.actor, args={"silent_s": str(silent_s)})
        self._authority.journal.intend(act, (), "workers")
        try:
            cleaned = answer_of(lambda: self._backend.operator.clean_workers(act, silent_s), self._backend)
        except QueueTuiError as error:
            self._authority.journal.break_off(act, str(error))
            raise
        self._authority.journal.conclude(act, (), f"{cleaned} deleted")
        return cleaned


def _unless_named(query: Query, state: State) -> Query:
    """Return the filter without the jobs of a state, unless it names states or ids."""
    if query.only_values("state") is not None or query.only_values("id") is not None:
        return query
    return query.with_terms(Term("state", Comparison.IS, (state.value,), negated=True))


class _Run:
    """One act, batch by batch; it ends after a batch that is unknown or cannot be recorded."""

    def __init__(self, backend: Backend, journal: Journal, limits: Limits) -> None:
        self._backend = backend
        self._journal = journal
        self._limits = limits
        self._given_up = ""
        self.is_interrupted = False
        self.results: list[Result] = []
        self.remarks: list[str] = []

    def take(self, act: Act, refs: tuple[JobRef, ...]) -> None:
        """Execute a batch; Ctrl-C makes it unknown; raises Denied when the first batch cannot be recorded."""
        known = len(self.results)
        try:
            self._take(act, refs)
        except KeyboardInterrupt:
            self.is_interrupted, self._given_up = True, _INTERRUPTED
            self._note(self._journal.break_off(act, _INTERRUPTED))
            self._end(refs[len(self.results) - known :], Outcome.UNKNOWN, _INTERRUPTED)

    def _take(self, act: Act, refs: tuple[JobRef, ...]) -> None:
        if not self._given_up:
            self._intend(act, refs)
        if self._given_up:
            self._end(refs, Outcome.SKIPPED, f"not tried: {self._given_up}")
            return
        operator, targets = self._backend.operator, tuple(map(Target, refs))
        try:
            results = answer_of(lambda: operator.apply(act, targets, self._limits), self._backend)
        except (Unreachable, UnknownOutcome) as error:
            self._given_up = str(error)
            self._note(self._journal.break_off(act, str(error)))
            self._end(refs, Outcome.UNKNOWN, str(error))
        except QueueTuiError as error:
            self._note(self._journal.break_off(act, str(error)))
            self._end(refs, Outcome.FAILED, str(error))
        else:
            self._note(self._journal.conclude(act, results))
            self.results += results

    def _intend(self, act: Act, refs: tuple[JobRef, ...]) -> None:
        try:
            self._journal.intend(act, refs)
        except Denied as error:
            if not self.results:
                raise
            self._given_up = str(error)

    def _end(self, refs: tuple[JobRef, ...], outcome: Outcome, note: str) -> None:
        self.results += [Result(ref, outcome, note=note) for ref in refs]

    def _note(self, remark: str | None) -> None:
        if remark is not None:
            self.remarks.append(remark)


def _batches(refs: Iterable[JobRef]) -> Iterable[tuple[JobRef, ...]]:
    pending = iter(refs)
    while batch := tuple(islice(pending, BATCH)):
        yield batch
