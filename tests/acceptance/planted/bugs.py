"""The bugs, each as small as the slip that would make it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

from queuetui.backends.base import Renewal, Step, Swept
from queuetui.backends.native.sql.sqlite import session
from queuetui.model.act import Act, Outcome, Result, Target, Verb
from queuetui.model.job import Ending, Enqueued, NewJob, Settlement
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from tests.acceptance.planted.bug import Bug, Passing, Place
from tests.conformance.scenes import next_id

LIMITS = Limits()
FAST_CLOCK_US = 10_000_000
_skew = threading.local()


def change(place: Place, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Run one statement on the file behind the queue's back."""
    with closing(sqlite3.connect(place.path, timeout=10)) as connection:
        found = connection.execute(statement, values).fetchall()
        connection.commit()
        return found


class WithoutLeasePredicate(Passing):
    """Writes endings by id alone, whoever holds the job by now."""

    def step(self, lease_id: str, settlements: Sequence[Settlement], claim: int) -> Step:
        """Write endings and claim."""
        step: Step = self.store.step(lease_id, settlements, claim)
        accepted = set(step.accepted)
        for one in settlements:
            found = change(
                self.place,
                "select lease_id, fence from queuetui_job where id = ? and state = 2",
                UUID(one.job_id).bytes,
            )
            if one.job_id not in accepted and found:
                ((held, fence),) = found
                accepted |= self.store.step(
                    held.hex(), [one._replace(fence=fence, ending=Ending.COMPLETED)], 0
                ).accepted
        return step if accepted == step.accepted else replace(step, accepted=frozenset(accepted))


class OnHostClock(Passing):
    """Judges leases by the clock of its own host, which is fast."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.store, name)
        return self._skewed(found) if name == "sweep" else found

    def _skewed(self, call: Any) -> Any:
        def ask(*given: Any) -> Any:
            _skew.us = FAST_CLOCK_US
            try:
                return call(*given)
            finally:
                _skew.us = 0

        return ask


@contextmanager
def skewed_clock() -> Iterator[None]:
    """Let the clock be fast for those who look at their own."""
    true_us = session.boot_us

    def look_at_clock() -> int:
        return true_us() + int(getattr(_skew, "us", 0))

    with mock.patch.object(session, "boot_us", look_at_clock):
        yield


class SweepingFinal(Passing):
    """Takes a job that has just ended for one whose worker is gone."""

    swept = 0

    def sweep(self, limit: int) -> tuple[Swept, ...]:
        """Free jobs."""
        swept: tuple[Swept, ...] = self.store.sweep(limit)
        done = self.place.backend.inspector.page(PageRequest(parse_query("state:completed"), 1), LIMITS).jobs
        if done and self.swept < 2:
            self.swept += 1
            self.place.backend.operator.apply(Act(Verb.RETRY, "sweep"), [Target(done[0].ref)], LIMITS)
        return swept


class PromotingInTwoSteps(Passing):
    """Takes a due job away in one transaction and puts it back in another, and is killed once between the two."""

    killed = False

    def promote(self, limit: int) -> int:
        """Make due jobs pending."""
        due = self.place.backend.inspector.page(PageRequest(parse_query("state:scheduled"), 1), LIMITS).jobs
        if due and not self.killed:
            self.killed = True
            self.place.backend.operator.apply(Act(Verb.DELETE, "promote"), [Target(due[0].ref)], LIMITS)
        return int(self.store.promote(limit))


class RenewingBetweenJobs(Passing):
    """Renews only when no handler is at work, as one on the handler's own thread would."""

    def renew(self, lease_ids: Sequence[str], lease_s: float) -> Renewal:
        """Prolong leases."""
        running = change(self.place, "select count(*) from queuetui_job where state = 2 and lease_id is not null")
        if running != [(0,)]:
            return Renewal(frozenset(lease_ids), frozenset())
        renewal: Renewal = self.store.renew(lease_ids, lease_s)
        return renewal


class AcknowledgingFirst(Passing):
    """Says yes at once and writes a moment later."""

    def enqueue(self, jobs: Sequence[NewJob], connection: Any = None) -> Sequence[Enqueued]:
        """Store jobs."""
        if connection is not None or any(job.idempotency_key for job in jobs):
            answers: Sequence[Enqueued] = self.store.enqueue(jobs, connection)
            return answers
        threading.Timer(0.1, self.store.enqueue, [jobs]).start()
        return [Enqueued(job.id, created=True, state=None) for job in jobs]


class ResettingFence(Passing):
    """Begins counting fences anew when a run is tried again."""

    def step(self, lease_id: str, settlements: Sequence[Settlement], claim: int) -> Step:
        """Write endings and claim."""
        step: Step = self.store.step(lease_id, settlements, claim)
        for one in settlements:
            if one.ending is Ending.RETRY:
                change(self.place, "update queuetui_job set fence = 0 where id = ?", UUID(one.job_id).bytes)
        return step


class LookingBeforeInserting(Passing):
    """Looks whether a key is taken, and then inserts without an index that would refuse a second one."""

    meeting = threading.Barrier(2)

    def enqueue(self, jobs: Sequence[NewJob], connection: Any = None) -> Sequence[Enqueued]:
        """Store jobs."""
        if any(job.idempotency_key for job in jobs):
            self.meeting.wait(30)
            jobs = [job._replace(idempotency_key=None) for job in jobs]
        answers: Sequence[Enqueued] = self.store.enqueue(jobs, connection)
        return answers


class CancellingCompleted(Passing):
    """Cancels a job without a look at whether it has completed."""

    def apply(self, act: Act, targets: Sequence[Target], limits: Limits) -> tuple[Result, ...]:
        """Do an act."""
        results: tuple[Result, ...] = self.store.apply(act, targets, limits)
        if act.verb is not Verb.CANCEL:
            return results
        for result in results:
            change(self.place, "update queuetui_job_done set state = 7 where id = ?", UUID(result.ref.id).bytes)
        return tuple(replace(result, outcome=Outcome.DONE) for result in results)


class DroppingFilter(Passing):
    """Does a bulk act to everything that is waiting, not to what the plan names."""

    def apply(self, act: Act, targets: Sequence[Target], limits: Limits) -> tuple[Result, ...]:
        """Do an act."""
        results: tuple[Result, ...] = self.store.apply(act, targets, limits)
        if act.verb is Verb.CANCEL:
            others = self.place.backend.inspector.page(PageRequest(parse_query("state:pending"), 20), LIMITS).jobs
            self.store.apply(replace(act, id=uuid4().hex), [Target(job.ref) for job in others], limits)
        return results


class NamingJobsItself(Passing):
    """Makes the ids of jobs in the store, so that a job that is sent again is another."""

    def enqueue(self, jobs: Sequence[NewJob], connection: Any = None) -> Sequence[Enqueued]:
        """Store jobs."""
        answers = self.store.enqueue([job._replace(id=next_id()) for job in jobs], connection)
        return [Enqueued(job.id, one.created, one.state) for job, one in zip(jobs, answers, strict=True)]


class DeafAfterAWhile(Passing):
    """Looks for work only when it is told of some, and its ear has died without a word."""

    looks = 0

    def listen(self, hear: Any) -> None:
        """Hear nothing."""

    def queues_ready(self, queues: Sequence[str] | None) -> tuple[str, ...]:
        """Return the queues that were heard of: those of the beginning, and then none."""
        found: tuple[str, ...] = self.store.queues_ready(queues)
        self.looks = self.looks + 1 if not found else self.looks
        return found if self.looks < 3 else ()


BUGS = (
    Bug("lease predicate dropped", frozenset({"I5"}), below=WithoutLeasePredicate),
    Bug("leases judged by the host's clock", frozenset({"I3", "I6"}), below=OnHostClock, patched=skewed_clock),
    Bug("sweeper touches final jobs", frozenset({"I5", "I6"}), below=SweepingFinal),
    Bug("promotion in two steps", frozenset({"I1"}), below=PromotingInTwoSteps),
    Bug("renewal on the handler's thread", frozenset({"I6"}), above=RenewingBetweenJobs),
    Bug("acknowledged before it is flushed", frozenset({"I18"}), client=AcknowledgingFirst),
    Bug("fence reset on retry", frozenset({"I3"}), below=ResettingFence),
    Bug("unique key without an index", frozenset({"I9"}), client=LookingBeforeInserting),
    Bug("cancel ignores completion", frozenset({"I11"}), person=CancellingCompleted),
    Bug("filter dropped in a bulk act", frozenset({"I16"}), person=DroppingFilter),
    Bug("enqueue without the client's id", frozenset({"I1", "I2"}), client=NamingJobsItself),
    Bug("no poll behind the wake-up", frozenset({"I13"}), above=DeafAfterAWhile),
)
