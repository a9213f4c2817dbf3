"""Clients who enqueue, a person who acts, and one who only looks; each writes down what it asked and what it was told."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any
from uuid import uuid4

from sqlalchemy import create_engine, text

from queuetui.backends.backend import NativeBackend
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.job import Enqueued, Job, NewJob
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from tests.acceptance.checker import Sink
from tests.acceptance.checker.events import FAIL, INVOKE, OK, digest_of
from tests.acceptance.planted.handlers import describe_scene
from tests.conformance.scenes import next_id

LIMITS = Limits()
DELAY_S = 0.4
LONG_MS, STOLEN_MS = 1000, 900
QUEUES = ("mail", "mail", "import", "slow")


class Witness:
    """Passes every call on and records that jobs are flushed once the store of grade A has returned."""

    def __init__(self, store: NativeBackend, sink: Sink) -> None:
        self._store, self._sink = store, sink
        assert store.inspector.capabilities.durability == "A"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def enqueue(self, jobs: Sequence[NewJob], connection: Any = None) -> Sequence[Enqueued]:
        """Store jobs."""
        answers = self._store.jobs.enqueue(jobs, connection)
        for answer in answers if connection is None else ():
            self._sink.write("durable", job_id=answer.id)
        return answers


class Client:
    """Enqueues jobs of one type."""

    def __init__(self, store: Any, sink: Sink, chance: Random, job_type: str) -> None:
        self._store, self._sink, self._chance, self._type = store, sink, chance, job_type

    def make(self, **changes: Any) -> NewJob:
        """Return a job of some queue that works for a moment and fails now and then."""
        ms, fails = self._chance.choice((0, 5, 20, 60)), self._chance.choice((0, 0, 0, 1))
        job = NewJob(next_id(), self._type, describe_scene(ms, fails), queue=self._chance.choice(QUEUES))
        return job._replace(**changes)

    def send(self, jobs: Sequence[NewJob]) -> Sequence[Enqueued]:
        """Enqueue jobs and record the call and its answer."""
        call = uuid4().hex
        for job in jobs:
            self._invoke(call, job)
        answers: Sequence[Enqueued] = self._store.enqueue(jobs)
        told_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        for job, answer in zip(jobs, answers, strict=True):
            outcome = "created" if answer.created else "duplicate"
            self._sink.write(
                "enqueue", phase=OK, call=call, job_id=job.id, outcome=outcome, holder=answer.id, boot_ns=told_ns
            )
        return answers

    def _invoke(self, call: str, job: NewJob) -> None:
        due_us = 0 if job.delay_s is None else time.time_ns() // 1000 + round(job.delay_s * 1e6)
        digest, key = digest_of(job.payload), job.idempotency_key or ""
        self._sink.write(
            "enqueue", phase=INVOKE, call=call, job_id=job.id, digest=digest, key=key, due_us=due_us, queue=job.queue
        )

    def send_first(self) -> None:
        """Send jobs of every kind: the first ones for those who are to vanish, some put off, a long one, some twice."""
        stolen = self.make(queue="import", payload=describe_scene(STOLEN_MS, 0))
        self.send([self.make(queue="mail"), self.make(queue="mail"), stolen])
        jobs = [self.make() for _ in range(self._chance.randint(20, 30))]
        jobs += [self.make(delay_s=DELAY_S, queue="mail") for _ in range(4)]
        jobs += [self.make(payload=describe_scene(LONG_MS, 0), queue="import") for _ in range(2)]
        jobs += [self.make(queue="slow") for _ in range(4)]
        self.send(jobs)
        self.send(self._chance.sample(jobs, 3))

    def send_late(self) -> None:
        """Send a few more when all is quiet."""
        self.send([self.make() for _ in range(3)])

    def race_for_key(self) -> None:
        """Two clients send a job each with the same key at the same time."""
        jobs = [self.make(idempotency_key="only one", queue="mail") for _ in range(2)]
        threads = [Thread(target=self.send, args=([job],)) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def send_in_transactions(self, path: Path) -> None:
        """Send jobs within transactions that write a row of the caller's too; every other one is rolled back."""
        engine = create_engine(f"sqlite:///{path}")
        with engine.begin() as connection:
            connection.execute(text("create table if not exists orders (job text)"))
        for place in range(4):
            job, call = self.make(queue="mail"), uuid4().hex
            self._invoke(call, job)
            with engine.connect() as connection:
                connection.execute(text("insert into orders values (:job)"), {"job": job.id})
                self._store.enqueue([job], connection)
                connection.rollback() if place % 2 else connection.commit()
            phase = FAIL if place % 2 else OK
            if phase == OK:
                self._sink.write("durable", job_id=job.id)
            self._sink.write("enqueue", phase=phase, call=call, job_id=job.id, outcome="created", holder=job.id)
            self._sink.write("business", phase=phase, job_id=job.id)
        engine.dispose()


class Person:
    """Acts on jobs and queues through the console's half of the store."""

    def __init__(self, store: Any, sink: Sink, chance: Random) -> None:
        self._store, self._sink, self._chance = store, sink, chance

    def pause(self, queue: str) -> None:
        """Pause a queue."""
        self._act_on_queue(Verb.PAUSE, queue)

    def resume(self, queue: str) -> None:
        """Resume a queue."""
        self._act_on_queue(Verb.RESUME, queue)

    def _act_on_queue(self, verb: Verb, queue: str) -> None:
        act = Act(verb, "ana")
        about: dict[str, Any] = {"call": act.id, "verb": verb.value, "queue": queue}
        self._sink.write("act", phase=INVOKE, **about)
        result = self._store.operator.apply_to_queue(act, queue)
        self._sink.write("act", phase=OK, outcome=result.outcome.value, **about)

    def cancel_some(self) -> None:
        """Cancel some of what a filter finds, as a bulk act does: the jobs are frozen first, and each is named."""
        found = self._find("queue:slow state:pending")
        self._act(Verb.CANCEL, self._chance.sample(found, min(2, len(found))))

    def cancel_completed(self) -> None:
        """Ask for the cancel of jobs that have ended: they stay what they are."""
        self._act(Verb.CANCEL, self._find("state:completed")[:2])

    def retry_completed(self) -> None:
        """Let a completed job run again."""
        self._act(Verb.RETRY, self._find("state:completed")[-1:])

    def _find(self, words: str) -> Sequence[Job]:
        found: Sequence[Job] = self._store.inspector.page(PageRequest(parse_query(words), 20), LIMITS).jobs
        return found

    def _act(self, verb: Verb, jobs: Sequence[Job]) -> None:
        act = Act(verb, "ana")
        for job in jobs:
            self._sink.write("act", phase=INVOKE, call=act.id, verb=verb.value, job_id=job.ref.id)
        results = self._store.operator.apply(act, [Target(job.ref) for job in jobs], LIMITS)
        for job, result in zip(jobs, results, strict=True):
            after = "" if result.state_now is None else result.state_now.value
            self._sink.write(
                "act",
                phase=OK,
                call=act.id,
                verb=verb.value,
                job_id=job.ref.id,
                outcome=result.outcome.value,
                before=job.state.value,
                after=after,
            )
        applied = sum(result.outcome is Outcome.DONE for result in results)
        self._sink.write("act", phase=OK, call=act.id, verb=verb.value, count=applied)


def look_on(backend: NativeBackend, path: Path, sink: Sink) -> None:
    """Look at everything while nobody else is there, and record whether the file changed."""
    with closing(sqlite3.connect(path)) as witness:
        (before,) = witness.execute("pragma data_version").fetchone()
        backend.inspector.snapshot(Watch())
        for job in backend.inspector.page(PageRequest(parse_query(""), 5), LIMITS).jobs:
            backend.inspector.get(job.ref.id)
            backend.inspector.attempts(job.ref.id)
        (after,) = witness.execute("pragma data_version").fetchone()
    sink.write("view", count=after - before)
