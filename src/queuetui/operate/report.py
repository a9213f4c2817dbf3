"""The report of an act, job by job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from queuetui.model.act import Outcome, Result, Verb
from queuetui.model.text import Untrusted, sanitize

if TYPE_CHECKING:
    from queuetui.model.job import Job

GONE = "it is no longer there"
NO_SUCH_JOB = "no job has this id"
MOST_NAMED = 5
DONE_WORDS = {
    Verb.RETRY: "retried",
    Verb.CANCEL: "cancelled",
    Verb.DELETE: "deleted",
    Verb.RELEASE: "released",
    Verb.PAUSE: "paused",
    Verb.RESUME: "resumed",
    Verb.CLEAN: "cleaned",
    Verb.EVENTS_ON: "switched on",
    Verb.EVENTS_OFF: "switched off",
    Verb.SCHEDULE: "scheduled",
    Verb.UNSCHEDULE: "removed",
    Verb.RUN: "enqueued",
    Verb.LIMIT: "limited",
    Verb.UPKEEP: "done",
}


@dataclass(frozen=True, slots=True)
class Report:
    """The results of one act in order.

    `different` were left out before it began; `exported_to` is the file a purge wrote first; `remarks` say what else a
    person should know, such as an outcome that could not be recorded. No job has the ids that are
    `missing`. A `story` tells of what is not counted by results. `is_interrupted`: Ctrl-C ended it, which the caller has to pass on.
    """

    verb: Verb
    act_id: str
    results: tuple[Result, ...]
    different: tuple[tuple[Job, str], ...] = ()
    exported_to: str | None = None
    remarks: tuple[str, ...] = ()
    story: str = ""
    missing: tuple[str, ...] = ()
    is_interrupted: bool = False

    def count(self, outcome: Outcome) -> int:
        """Return how many jobs have an outcome; jobs that did not fit the act count as skipped."""
        left_out = len(self.different) if outcome is Outcome.SKIPPED else 0
        return left_out + sum(1 for result in self.results if result.outcome is outcome)

    @property
    def done(self) -> int:
        """The number of jobs that the act was done to."""
        return self.count(Outcome.DONE)

    @property
    def skipped(self) -> int:
        """The number of jobs that were skipped, before the write or by it."""
        return self.count(Outcome.SKIPPED)

    @property
    def failed(self) -> int:
        """The number of jobs that the store refused."""
        return self.count(Outcome.FAILED)

    @property
    def unknown(self) -> int:
        """The number of jobs for which it is unknown whether the act was done."""
        return self.count(Outcome.UNKNOWN)

    @property
    def settled(self) -> frozenset[str]:
        """The ids of jobs that need no further act: done, or gone."""
        done = {result.ref.id for result in self.results if result.outcome is Outcome.DONE or _reason(result) == GONE}
        return frozenset(done | {job.ref.id for job, reason in self.different if reason == GONE})

    @property
    def complete(self) -> bool:
        """Whether the act was done to all jobs that were named."""
        return (
            all(result.outcome is Outcome.DONE for result in self.results) and not self.different and not self.missing
        )

    def lines(self) -> list[str]:
        """Return the report for people: one line of counts, then one line for each reason."""
        if self.story:
            return [self.story, *self.remarks]
        counts = f"{self._done_words()}, {self.skipped:,} skipped, {self.failed:,} failed"
        counts += f", {self.unknown:,} unknown" if self.unknown else ""
        lines = [counts + (f", {len(self.missing):,} not found" if self.missing else "")]
        reasons: dict[str, list[str]] = {}
        for reason, job_id in self._not_done():
            reasons.setdefault(reason, []).append(job_id)
        by_count = sorted(reasons.items(), key=lambda one: -len(one[1]))
        lines += [f"{len(ids):,} x {reason}: {_named(ids)}" for reason, ids in by_count]
        if self.exported_to is not None:
            lines.append(f"written first to {self.exported_to}")
        return [*lines, *self.remarks]

    def _done_words(self) -> str:
        """Return the count of done jobs in words; a cancelled job without a state was deleted by its store."""
        removed = sum(1 for one in self.results if one.outcome is Outcome.DONE and one.state_now is None)
        if self.verb is not Verb.CANCEL or not removed:
            return f"{self.done:,} {DONE_WORDS[self.verb]}"
        kept = self.done - removed
        return f"{removed:,} removed" + (f", {kept:,} {DONE_WORDS[self.verb]}" if kept else "")

    def _not_done(self) -> Iterator[tuple[str, str]]:
        yield from ((reason, job.ref.id) for job, reason in self.different)
        yield from ((reason, result.ref.id) for result in self.results if (reason := _reason(result)))
        yield from ((NO_SUCH_JOB, job_id) for job_id in self.missing)


def describe_report(report: Report, backend: str) -> dict[str, Any]:
    """Return, for programs, the report on a queue of that name, with a result for every id."""
    left_out = [
        {"id": job.ref.id, "outcome": Outcome.SKIPPED.value, "state_now": job.state.value, "note": why}
        for job, why in report.different
    ]
    tried = [
        {"id": result.ref.id, "outcome": result.outcome.value, "state_now": result.state_now, "note": result.note}
        for result in report.results
    ]
    missing = [
        {"id": job_id, "outcome": "not_found", "state_now": None, "note": NO_SUCH_JOB} for job_id in report.missing
    ]
    return {
        "backend": backend,
        "act": report.act_id,
        "verb": report.verb.value,
        "done": report.done,
        "skipped": report.skipped,
        "failed": report.failed,
        "unknown": report.unknown,
        "not_found": len(report.missing),
        "exported_to": report.exported_to,
        "remarks": list(report.remarks),
        "results": [{"backend": backend, **one} for one in tried + left_out + missing],
    }


def _named(ids: Sequence[str]) -> str:
    """Return the ids as text, of many only the first ones."""
    named = ", ".join(sanitize(Untrusted(job_id)) for job_id in ids[:MOST_NAMED])
    return named if len(ids) <= MOST_NAMED else f"{named} and {len(ids) - MOST_NAMED:,} more"


def _reason(result: Result) -> str:
    if result.note:
        return result.note
    if result.outcome is Outcome.SKIPPED:
        return GONE if result.state_now is None else f"is now {result.state_now.value}"
    return ""
