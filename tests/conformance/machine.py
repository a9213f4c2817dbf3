"""Two backends told the same things: whatever is done, each must stand where the other does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import Lease, Running, Step
from queuetui.model.act import Act, JobRef, Target, Verb
from queuetui.model.job import ClaimedJob, Ending, Job
from queuetui.model.state import FINAL
from tests.conformance.scenes import LIMITS, LONG_LEASE_S, ending, expire, new_job, select

T = TypeVar("T")
QUEUES = ("mail", "import")
JOB_VERBS = (Verb.RETRY, Verb.CANCEL, Verb.DELETE, Verb.RELEASE)
LOSSES = 4


@dataclass(frozen=True)
class Held:
    """A job claimed on both sides, each under a lease of its own."""

    leases: tuple[Lease, Lease]
    claimed: ClaimedJob


class TwoBackends(RuleBasedStateMachine):
    """Does everything to the reference and to the subject and compares every answer and every job."""

    open_both: Callable[[], tuple[NativeBackend, NativeBackend]]

    def __init__(self) -> None:
        super().__init__()
        self.sides = type(self).open_both()
        self.jobs: list[Any] = []
        self.held: list[Held] = []
        self.ended: list[Held] = []
        self.over: list[tuple[Lease, Lease]] = []
        self.losses = 0

    def both(self, ask: Callable[[NativeBackend], T]) -> T:
        """Ask both sides; the answers must be equal."""
        first, second = (ask(side) for side in self.sides)
        assert first == second
        return first

    @rule(
        count=st.integers(1, 3),
        queue=st.sampled_from(QUEUES),
        priority=st.sampled_from((-1, 0, 0, 5)),
        delay_s=st.sampled_from((None, None, 3600.0)),
        key=st.sampled_from((None, None, None, "a", "b")),
    )
    def enqueue(self, count: int, queue: str, priority: int, delay_s: float | None, key: str | None) -> None:
        """Enqueue some jobs alike."""
        sent = [new_job(queue=queue, priority=priority, delay_s=delay_s, idempotency_key=key) for _ in range(count)]
        answers = self.both(lambda side: side.jobs.enqueue(sent))
        self.jobs += [job for job, answer in zip(sent, answers, strict=True) if answer.created]

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        """Send a job a second time."""
        job = data.draw(st.sampled_from(self.jobs))
        self.both(lambda side: side.jobs.enqueue([job]))

    @rule(queue=st.sampled_from(QUEUES), count=st.integers(1, 4))
    def claim(self, queue: str, count: int) -> None:
        """Claim some jobs under new leases."""
        self.held += self._claim(queue, count)

    def _claim(self, queue: str, count: int) -> list[Held]:
        first, second = (side.jobs.open_lease("w1", queue, LONG_LEASE_S) for side in self.sides)
        ours, theirs = (
            side.jobs.step(lease.id, [], count) for side, lease in zip(self.sides, (first, second), strict=True)
        )
        assert [describe_claimed(job) for job in ours.claimed] == [describe_claimed(job) for job in theirs.claimed]
        return [Held((first, second), job) for job in ours.claimed]

    @precondition(lambda self: self.held)
    @rule(data=st.data(), how=st.sampled_from(Ending), later=st.booleans())
    def end_run(self, data: st.DataObject, how: Ending, *, later: bool) -> None:
        """End a run that is in hand."""
        held = self.held.pop(data.draw(st.integers(0, len(self.held) - 1)))
        self.ended.append(held)
        assert self._settle(held, how, 3600.0 if later else 0.0).accepted == {held.claimed.id}

    @precondition(lambda self: self.ended)
    @rule(data=st.data(), how=st.sampled_from(Ending))
    def end_run_again(self, data: st.DataObject, how: Ending) -> None:
        """End a run that has ended, or was lost or given back: it is refused."""
        assert self._settle(data.draw(st.sampled_from(self.ended)), how, 0.0).accepted == frozenset()

    def _settle(self, held: Held, how: Ending, delay_s: float) -> Step:
        settlement = ending(held.claimed, how, delay_s=delay_s)
        first, second = (
            side.jobs.step(lease.id, [settlement], 0) for side, lease in zip(self.sides, held.leases, strict=True)
        )
        assert first == second
        return first

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def close_lease(self, data: st.DataObject) -> None:
        """Stop a worker: all that its lease holds is given back."""
        leases = data.draw(st.sampled_from(self.held)).leases
        released = {side.jobs.close_lease(lease.id) for side, lease in zip(self.sides, leases, strict=True)}
        mine = [held for held in self.held if held.leases == leases]
        assert released == {len(mine)}
        self.over.append(leases)
        self._drop(mine)

    def _drop(self, gone: list[Held]) -> None:
        self.held = [held for held in self.held if held not in gone]
        self.ended += gone

    @precondition(lambda self: self.losses < LOSSES)
    @rule(queue=st.sampled_from(QUEUES), count=st.integers(1, 2), swept=st.booleans())
    def vanish(self, queue: str, count: int, *, swept: bool) -> None:
        """Claim jobs, vanish, and be swept or not yet."""
        gone = self._claim(queue, count)
        if not gone:
            return
        self.losses += 1
        for side, lease in zip(self.sides, gone[0].leases, strict=True):
            expire(side, lease)
        self.over.append(gone[0].leases)
        self.ended += gone
        if swept:
            self.sweep()

    @rule()
    def sweep(self) -> None:
        """Sweep everything that is loose."""
        self.both(lambda side: sorted((one.job_id, one.failed) for one in side.jobs.sweep(100)))

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        """Prolong a lease that is held: it stays valid, and names the jobs that a person asked to stop."""
        leases = data.draw(st.sampled_from(self.held)).leases
        self._renew(leases, valid=True)

    @precondition(lambda self: self.ended)
    @rule(data=st.data())
    def renew_again(self, data: st.DataObject) -> None:
        """Prolong a lease under which a run has ended: one that is over or closed is never revived."""
        leases = data.draw(st.sampled_from(self.ended)).leases
        self._renew(leases, valid=leases not in self.over)

    def _renew(self, leases: tuple[Lease, Lease], *, valid: bool) -> None:
        first, second = (
            side.jobs.renew([lease.id], LONG_LEASE_S) for side, lease in zip(self.sides, leases, strict=True)
        )
        assert (bool(first.valid), bool(second.valid)) == (valid, valid)
        assert first.cancels == second.cancels

    @precondition(lambda self: self.held or self.ended)
    @rule(data=st.data(), progress=st.sampled_from((None, '{"fraction": 0.5}')))
    def mark_running(self, data: st.DataObject, progress: str | None) -> None:
        """Write that a run goes on, one that has ended too: that changes nothing."""
        held = data.draw(st.sampled_from([*self.held, *self.ended]))
        running = [Running(held.claimed.id, held.claimed.fence, 5.0, progress)]
        for side, lease in zip(self.sides, held.leases, strict=True):
            side.jobs.mark_running(lease.id, running)

    @rule()
    def prune(self) -> None:
        """Delete what is past its time: here, cancelled jobs are at once."""
        self.both(lambda side: side.jobs.prune(1000))

    @rule()
    def promote(self) -> None:
        """Make all that is due pending."""
        self.both(lambda side: side.jobs.promote(100))

    @precondition(lambda self: self.jobs)
    @rule(data=st.data(), verb=st.sampled_from(JOB_VERBS), stale=st.booleans())
    def act(self, data: st.DataObject, verb: Verb, *, stale: bool) -> None:
        """Do an act to some jobs as they are, or by a sight that never was."""
        # Jobs retried by one act are due in an order that is each store's own.
        most = 1 if verb is Verb.RETRY else 3
        jobs = st.sampled_from(self.jobs)
        chosen = data.draw(st.lists(jobs, min_size=1, max_size=most, unique_by=lambda job: job.id))
        act = Act(verb, "ana")

        def ask(side: NativeBackend) -> list[Any]:
            present = {job.ref.id: job.ref for job in select(side)}
            refs = [present.get(job.id, JobRef("shop", job.id, "1")) for job in chosen]
            refs = [JobRef(ref.backend, ref.id, "999999") for ref in refs] if stale else refs
            return [
                (result.ref.id, result.outcome, result.state_now)
                for result in side.operator.apply(act, list(map(Target, refs)), LIMITS)
            ]

        self.both(ask)

    @rule(queue=st.sampled_from(QUEUES), verb=st.sampled_from((Verb.PAUSE, Verb.RESUME, Verb.RESUME)))
    def pause_or_resume(self, queue: str, verb: Verb) -> None:
        """Pause or resume a queue."""
        act = Act(verb, "ana")
        self.both(lambda side: side.operator.apply_to_queue(act, queue).outcome)

    @invariant()
    def all_jobs_agree(self) -> None:
        """Both sides hold the same jobs in the same states."""
        self.both(lambda side: sorted(describe_job(job) for job in select(side)))
        self.both(lambda side: sorted(side.jobs.queues_ready(None)))
        self.both(describe_next_due)

    def teardown(self) -> None:
        """Compare what was kept of every run, and close both sides."""
        self.both(lambda side: [describe_attempts(side, job.id) for job in self.jobs])
        for side in self.sides:
            side.close()


def describe_next_due(side: NativeBackend) -> bool | None:
    """Return what both sides must agree on of the next due job: whether there is one, and whether it is due already."""
    due_s = side.jobs.next_due_s()
    return None if due_s is None else due_s > 0


def describe_claimed(job: ClaimedJob) -> tuple[Any, ...]:
    """Return what both sides must agree on of a claimed job."""
    return (job.id, job.fence, job.type, job.queue, job.payload, job.priority, job.attempts, job.lost)


def describe_attempts(side: NativeBackend, job_id: str) -> list[tuple[int, str]]:
    """Return what both sides must agree on of a job's kept attempts."""
    return [(attempt.fence, attempt.outcome) for attempt in side.inspector.attempts(job_id)]


def describe_job(job: Job) -> tuple[Any, ...]:
    """Return what both sides must agree on of a stored job."""
    return (
        job.ref.id,
        job.state.value,
        job.queue.raw,
        job.priority,
        job.attempts,
        job.lost,
        job.error is None or job.error.class_name.raw,
        job.completed_at is None,
        job.claimed_at is None or job.state in FINAL,
        job.cancel_requested_at is None or job.state in FINAL,
        job.idempotency_key is None or job.idempotency_key.raw,
        job.progress is None or job.progress.raw,
        job.started_at is None,
    )
