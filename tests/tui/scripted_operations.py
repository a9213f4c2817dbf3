"""Acts that follow a script, on the jobs of a scripted feed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from queuetui.model.act import JobRef, Outcome, Result, Verb
from queuetui.model.job import Job
from queuetui.model.query import Query
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from queuetui.operate.manifest import Manifest, make_manifest
from queuetui.operate.operations import BOUNDED, Thoroughness
from queuetui.operate.report import GONE, Report
from queuetui.operate.rights import Right, why_not
from tests.tui.scripted import ScriptedFeed
from tests.tui.scripted_schedules import ScriptedSchedules


class ScriptedOperations:
    """Does acts on the jobs of a scripted feed; `gone` are ids that turn out to be taken at the moment of the write."""

    def __init__(self, feed: ScriptedFeed, right: Right = Right.ADMIN) -> None:
        self.feed = feed
        self.right = right
        self.gone: set[str] = set()
        self.performed: list[Manifest] = []
        self.paused: list[tuple[str, bool]] = []
        self.before_perform: Callable[[], None] = lambda: None
        self.schedules = ScriptedSchedules(feed)

    def why_not(self, verb: Verb) -> str | None:
        """Return why a verb is not to be had."""
        return why_not(verb, self.right, self.feed.capabilities)

    def prepare(self, verb: Verb, jobs: Sequence[Job], filter_text: str = "", retry_until: str = "") -> Manifest:
        """Return the manifest of an act on these jobs."""
        return make_manifest(
            verb, jobs, self.feed.capabilities, filter_text=filter_text, retry_until=retry_until, now=self.feed.now
        )

    def prepare_seen(self, verb: Verb, jobs: Sequence[Job], retry_until: str = "") -> Manifest:
        """Return the manifest of an act on these jobs; those that are gone are left out of it."""
        there = {job.ref.id for job in self.feed.jobs}
        manifest = self.prepare(verb, [job for job in jobs if job.ref.id in there], retry_until=retry_until)
        gone = ((job, GONE) for job in jobs if job.ref.id not in there)
        return replace(manifest, different=(*manifest.different, *gone))

    def prepare_matching(
        self, verb: Verb, query: Query, retry_until: str = "", *, how: Thoroughness = BOUNDED
    ) -> Manifest:
        """Return the manifest of an act on all that match among the first `look_jobs`, in all if it is whole."""
        looked = None if how.whole or len(self.feed.jobs) <= self.feed.look_jobs else self.feed.look_jobs
        how.tell(len(self.feed.jobs), 0)
        found = [job for job in self.feed.matching(query) if looked is None or job in self.feed.jobs[:looked]]
        return replace(self.prepare(verb, found, query.text, retry_until), looked=looked)

    def prepare_purge(self, query: Query, *, how: Thoroughness = BOUNDED) -> Manifest:
        """Return the manifest of a purge."""
        return replace(self.prepare_matching(Verb.DELETE, query, how=how), purge=True)

    def perform(self, manifest: Manifest, reason: str = "") -> Report:
        """Do it, but for the jobs that are gone."""
        self.before_perform()
        self.performed.append(manifest)
        results = []
        for ref in manifest.refs:
            is_gone = ref.id in self.gone
            results.append(Result(ref, Outcome.SKIPPED, State.COMPLETED) if is_gone else Result(ref, Outcome.DONE))
            if not is_gone:
                self._apply(manifest.verb, ref.id)
        exported = "purge-20260314T025107.ndjson" if manifest.purge else None
        return Report(manifest.verb, "act", tuple(results), manifest.different, exported)

    def set_paused(self, queue: str, *, paused: bool, reason: str = "") -> Report:
        """Pause or resume a queue."""
        self.paused.append((queue, paused))
        self.feed.paused = self.feed.paused - {Untrusted(queue)} | ({Untrusted(queue)} if paused else set())
        done = Result(JobRef("scripted", queue, ""), Outcome.DONE)
        return Report(Verb.PAUSE if paused else Verb.RESUME, "act", (done,))

    def _apply(self, verb: Verb, job_id: str) -> None:
        if verb is Verb.DELETE:
            self.feed.jobs = [job for job in self.feed.jobs if job.ref.id != job_id]
            return
        state, job = State.CANCELLED if verb is Verb.CANCEL else State.PENDING, self.feed._job(job_id)
        changed = replace(job, state=state, scheduled_at=self.feed.now, error=None, ref=replace(job.ref, rev="2"))
        self.feed.replace_job(changed)
