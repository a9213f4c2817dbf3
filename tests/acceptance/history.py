"""Judges a soak by its history: what the store says in the end against what the sink saw all along."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from queuetui.model.clock import to_us
from queuetui.model.job import Attempt, Job
from queuetui.model.snapshot import TallyMinute
from queuetui.model.state import FINAL, State
from tests.acceptance.sink import Event

RETRY, LOST, ACK_LOST = "retry", "lost", "ack_lost"
POISON_PILL = "PoisonPill"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one job as the sink saw it.

    `how` is end, fail, killed, or unknown where no end was seen; `killed` tells that its process was killed later, perhaps before
    the store had heard of the end.
    """

    start: Event
    ended_ns: int | None
    how: str
    killed: bool

    @property
    def fence(self) -> int:
        """The fence under which it ran."""
        return self.start.fence


@dataclass
class History:
    """All that is known of a soak; `faults` are the broken promises, `causes` counts why runs were repeated."""

    events: Sequence[Event]
    jobs: Sequence[Job]
    attempts: Mapping[str, Sequence[Attempt]]
    tally: Sequence[TallyMinute]
    faults: list[str] = field(default_factory=list)
    causes: Counter[str] = field(default_factory=Counter)
    runs: dict[str, list[Run]] = field(default_factory=dict)

    def check(self) -> list[str]:
        """Check every promise and return the broken ones."""
        self.runs = collect_runs(self.events)
        self._check_nothing_lost_or_made_up()
        for job in self.jobs:
            runs = self.runs.get(job.ref.id, [])
            self._check_order(job, runs)
            self._check_repeats(job, runs)
            self._check_end(job, runs)
            self._check_leases(job, runs)
        self._check_tally()
        return self.faults

    def _check_nothing_lost_or_made_up(self) -> None:
        sent = {event.job_id: event.number for event in self.events if event.kind == "enqueued"}
        stored = Counter(job.ref.id for job in self.jobs)
        self._blame("acknowledged but not stored", sent.keys() - stored.keys())
        self._blame("stored but never enqueued", stored.keys() - sent.keys())
        self._blame("stored more than once", (job_id for job_id, count in stored.items() if count > 1))
        self._blame("not in a final state", (job.ref.id for job in self.jobs if job.state not in FINAL))
        started = {(event.job_id, event.number) for event in self.events if event.kind == "start"}
        self._blame("ran with another payload, or unsent", (one for one, number in started if sent.get(one) != number))

    def _check_order(self, job: Job, runs: Sequence[Run]) -> None:
        for one, other in pairwise(runs):
            if one.fence >= other.fence:
                self._blame(f"fence {one.fence} was followed by {other.fence}", [job.ref.id])
            if one.ended_ns is None or one.ended_ns > other.start.boot_ns:
                # A thread cannot be stopped: a worker that lost its lease and lives may still be at it, and its result is refused.
                outcome = self._outcomes(job).get(one.fence)
                if outcome in {LOST, ACK_LOST} and not one.killed:
                    self.causes["overlaps after a live worker's lease was lost"] += 1
                    continue
                self._blame(f"runs {one.fence} and {other.fence} overlap", [job.ref.id])

    def _check_repeats(self, job: Job, runs: Sequence[Run]) -> None:
        """Every run that was followed by another has a recorded reason, and the reason is true."""
        outcomes = self._outcomes(job)
        for run in runs[:-1]:
            outcome = outcomes.get(run.fence, "nothing")
            true = {RETRY: run.how == "fail", LOST: True, ACK_LOST: run.how != "killed"}.get(outcome, False)
            cause = outcome if outcome == RETRY else f"{outcome}, worker {'killed' if run.killed else 'alive'}"
            self.causes[cause] += 1
            if not true:
                self._blame(f"run {run.fence} ({run.how}) was repeated, and the store says {outcome}", [job.ref.id])

    def _outcomes(self, job: Job) -> dict[int, str]:
        return {attempt.fence: attempt.outcome for attempt in self.attempts.get(job.ref.id, ())}

    def _check_end(self, job: Job, runs: Sequence[Run]) -> None:
        kept = Counter(attempt.outcome for attempt in self.attempts.get(job.ref.id, ()))
        if job.error is not None and job.error.class_name.raw == POISON_PILL:
            self.causes["quarantined"] += 1
            if job.lost < 3 or job.state is not State.FAILED:
                self._blame(f"quarantined after {job.lost} losses", [job.ref.id])
            return
        expected = {State.COMPLETED: "end", State.FAILED: "fail"}.get(job.state)
        if not runs or runs[-1].how != expected:
            self._blame(f"{job.state} by a run that ended as {runs[-1].how if runs else 'none'}", [job.ref.id])
        if job.attempts != kept[RETRY] + 1:
            self._blame(f"counts {job.attempts} attempts after {kept[RETRY]} recorded retries", [job.ref.id])
        if job.lost > kept[LOST] + kept[ACK_LOST]:
            self._blame(f"counts {job.lost} losses and records fewer", [job.ref.id])

    def _check_leases(self, job: Job, runs: Sequence[Run]) -> None:
        """A lease was over, by the store's clock, before the next run began."""
        for attempt in self.attempts.get(job.ref.id, ()):
            after = next((run for run in runs if run.fence > attempt.fence), None)
            if after is None or attempt.ended_at is None or attempt.outcome == ACK_LOST:
                continue
            if to_us(attempt.ended_at) > after.start.wall_ns // 1000:
                self._blame(f"attempt {attempt.fence} ended after the next run began", [job.ref.id])

    def _check_tally(self) -> None:
        """Transitions are counted as they are made: as many final ones as final jobs is one each."""
        states = Counter(job.state for job in self.jobs)
        outcomes = Counter(attempt.outcome for kept in self.attempts.values() for attempt in kept)
        expected = {
            "enqueued": len(self.jobs),
            "completed": states[State.COMPLETED],
            "failed": states[State.FAILED],
            "retried": outcomes[RETRY],
            "lost": sum(job.lost for job in self.jobs),
        }
        counted = {name: sum(getattr(minute, name) for minute in self.tally) for name in expected}
        if counted != expected:
            self.faults.append(f"transitions counted {counted}, jobs stored {expected}")

    def _blame(self, fault: str, job_ids: Iterable[str]) -> None:
        self.faults += [f"{fault}: {job_id}" for job_id in job_ids]


def collect_runs(events: Sequence[Event]) -> dict[str, list[Run]]:
    """Return the runs of each job in the order in which they began; a run without an end died with its process."""
    ends = {(event.job_id, event.fence): event for event in events if event.kind in {"end", "fail"}}
    kills = defaultdict[int, list[int]](list)
    for event in events:
        if event.kind == "killed":
            kills[event.pid].append(event.boot_ns)
    runs = defaultdict[str, list[Run]](list)
    for start in sorted((event for event in events if event.kind == "start"), key=lambda event: event.boot_ns):
        killed_ns = next((at for at in sorted(kills[start.pid]) if at > start.boot_ns), None)
        end = ends.get((start.job_id, start.fence))
        how = end.kind if end is not None else "unknown" if killed_ns is None else "killed"
        ended_ns = killed_ns if end is None else end.boot_ns
        runs[start.job_id].append(Run(start, ended_ns, how, killed_ns is not None))
    return dict(runs)
