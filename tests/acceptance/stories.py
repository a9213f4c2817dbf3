"""A made-up history in which every promise is tried and kept, and the means to spoil it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from tests.acceptance.checker import Dump, Event, Figures, History, KeptAttempt, Report, Setup, StoredJob, check

SECOND_NS = 1_000_000_000
LEASE_S = 2.0


def event(kind: str, second: float, pid: int = 7, since: float | None = None, **values: Any) -> Event:
    """Return an event so many seconds after the start; a recorder's was asked for at `since`, else a moment before."""
    at_ns = round(second * SECOND_NS)
    since_ns = round((second - 0.01 if since is None else since) * SECOND_NS)
    return Event(kind, at_ns, at_ns, pid, since_ns=since_ns, **values)


def enqueued(job_id: str, second: float, **values: Any) -> list[Event]:
    """Return the two events of an enqueue that was answered, and the flush between them."""
    call = f"{job_id}-{second}"
    outcome = {"outcome": values.pop("outcome", "created"), "holder": values.pop("holder", job_id)}
    invoke = event("enqueue", second, phase="invoke", call=call, job_id=job_id, digest=f"d-{job_id}", **values)
    flushed = [event("durable", second + 0.01, job_id=job_id)] if outcome["outcome"] == "created" else []
    return [invoke, *flushed, event("enqueue", second + 0.02, phase="ok", call=call, job_id=job_id, **outcome)]


def claimed(job_id: str, second: float, lease_id: str = "L2", fence: int = 1, pid: int = 8) -> list[Event]:
    """Return a claim and the start of the run."""
    claim = event("claim", second, pid, lease_id=lease_id, job_id=job_id, fence=fence)
    return [claim, event("start", second + 0.05, pid, job_id=job_id, fence=fence, digest=f"d-{job_id}")]


def ended(
    job_id: str, second: float, how: str = "end", fence: int = 1, pid: int = 8, lease_id: str = "L2"
) -> list[Event]:
    """Return the end of a run and what the store was told of it."""
    outcome = {"end": "completed", "fail": "retry"}[how]
    call = f"{job_id}-{fence}"
    told: dict[str, Any] = {"call": call, "lease_id": lease_id}
    effects = (
        [event("effect", second - 0.01, pid, job_id=job_id, fence=fence, outcome="applied")] if how == "end" else []
    )
    return [
        *effects,
        event(how, second, pid, job_id=job_id, fence=fence),
        event("settling", second + 0.02, pid, **told),
        event("settle", second + 0.05, pid, since=second + 0.02, job_id=job_id, fence=fence, outcome=outcome, **told),
    ]


def acted(verb: str, second: float, **values: Any) -> list[Event]:
    """Return an act that was done."""
    about: dict[str, Any] = {"call": f"{verb}-{second}", "verb": verb}
    about |= {name: value for name, value in values.items() if name in {"job_id", "queue"}}
    answer = event("act", second + 0.02, phase="ok", outcome=values.pop("outcome", "done"), **{**about, **values})
    return [event("act", second, phase="invoke", **about), answer]


@dataclass(frozen=True)
class Story:
    """A history before it is judged."""

    events: tuple[Event, ...]
    jobs: tuple[StoredJob, ...]
    attempts: dict[str, tuple[KeptAttempt, ...]]
    tally: Figures | None
    setup: Setup

    def tell(self) -> History:
        """Return the history."""
        events = sorted(self.events, key=lambda one: one.boot_ns)
        return History(events, Dump(jobs=self.jobs, attempts=self.attempts, tally=self.tally), self.setup)

    def judge(self) -> Report:
        """Return what the checker makes of it."""
        return check(self.tell())

    def plus(self, *events: Event) -> Story:
        """Return it with more events."""
        return replace(self, events=(*self.events, *events))

    def without(self, unwanted: Callable[[Event], bool]) -> Story:
        """Return it without some events."""
        return replace(self, events=tuple(one for one in self.events if not unwanted(one)))

    def altered(self, wanted: Callable[[Event], bool], **changes: Any) -> Story:
        """Return it with some events changed."""
        return replace(
            self, events=tuple(msgspec.structs.replace(one, **changes) if wanted(one) else one for one in self.events)
        )

    def stored(self, job_id: str, **changes: Any) -> Story:
        """Return it with a job that is stored otherwise."""
        jobs = tuple(msgspec.structs.replace(job, **changes) if job.id == job_id else job for job in self.jobs)
        return replace(self, jobs=jobs, tally=None)

    def dropped(self, job_id: str) -> Story:
        """Return it without a stored job."""
        return replace(self, jobs=tuple(job for job in self.jobs if job.id != job_id), tally=None)

    def under(self, **changes: Any) -> Story:
        """Return it under another setup."""
        return replace(self, setup=msgspec.structs.replace(self.setup, **changes))


def is_about(kind: str, job_id: str = "", fence: int = 0) -> Callable[[Event], bool]:
    """Tell events of one kind, of one job, of one run."""
    return lambda one: one.kind == kind and job_id in {"", one.job_id} and fence in {0, one.fence}


def job(job_id: str, state: str = "completed", **values: Any) -> StoredJob:
    """Return a stored job."""
    given = {"attempts": int(state == "completed"), "digest": f"d-{job_id}", **values}
    return StoredJob(id=job_id, state=state, **given)


# a fails once, is lost with its worker once, and is completed; b has a key and a due time; c is cancelled; d waits in a paused queue;
# e and f are a group, e has a slot and a business row; g was rolled back.
FINE = Story(
    events=(
        *enqueued("a", 0),
        *enqueued("b", 0.1, key="k", due_us=5_000_000),
        *enqueued("b2", 0.2, key="k", outcome="duplicate", holder="b"),
        *enqueued("c", 0.3),
        *enqueued("d", 0.4, queue="slow"),
        *enqueued("e", 0.5, group="g"),
        *enqueued("f", 0.6, group="g"),
        event("business", 0.7, job_id="e", phase="ok"),
        event("business", 0.7, job_id="g", phase="fail"),
        event("slot", 0.7, key="daily 1", job_id="e"),
        *acted("pause", 0.8, queue="slow"),
        event("open", 0.9, lease_id="L1", lease_s=LEASE_S, outcome="valid"),
        *claimed("a", 1, "L1", 1, 7),
        *ended("a", 2, "fail", 1, 7, "L1"),
        *acted("cancel", 2.5, job_id="c", before="pending", after="cancelled"),
        event("renew", 2.9, lease_id="L1", lease_s=LEASE_S, outcome="valid"),
        *claimed("a", 3, "L1", 2, 7),
        event("killed", 4, 7),
        event("sweep", 5, 8, job_id="a", outcome="released"),
        event("open", 5.1, 8, lease_id="L2", lease_s=LEASE_S, outcome="valid"),
        *claimed("a", 5.2, fence=3),
        *claimed("b", 5.3),
        *ended("a", 5.6, fence=3),
        *ended("b", 5.7),
        *claimed("e", 5.8),
        *claimed("f", 5.9),
        *ended("e", 6),
        *ended("f", 6.1),
        *acted("resume", 6.5, queue="slow"),
        *claimed("d", 6.8),
        *ended("d", 7),
        event("view", 7.5, count=0, detail="AccessShareLock"),
    ),
    jobs=(
        job("a", attempts=2, lost=1),
        job("b", key="k"),
        job("c", "cancelled"),
        job("d", queue="slow"),
        job("e"),
        job("f"),
    ),
    attempts={"a": (KeptAttempt(fence=1, outcome="retry"), KeptAttempt(fence=2, outcome="lost"))},
    tally=Figures(enqueued=6, started=7, completed=5, retried=1, lost=1),
    setup=Setup(lease_s=LEASE_S, recovery_s=1.5, traced=True),
)
