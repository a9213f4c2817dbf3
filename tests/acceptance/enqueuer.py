"""One process that enqueues its share: `python -m tests.acceptance.enqueuer FIRST COUNT SLOWNESS SEED`."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from uuid import uuid4

from queuetui import Queue
from queuetui.model.errors import UnknownOutcome, Unreachable
from queuetui.model.job import NewJob
from tests.acceptance.checker.events import INVOKE, OK, SINK_VARIABLE, UNKNOWN, Sink, digest_of
from tests.acceptance.workload import SOAK_TYPE

LARGEST_BATCH = 200
FAILS_ONCE, FAILS_ALWAYS = 0.02, 0.005
MAX_ATTEMPTS = 3
TRIES = 20
QUEUES = ("fast", "slow", "mail")


def make_batches(first: int, count: int, slowness: int, chance: random.Random) -> Iterator[list[tuple[int, NewJob]]]:
    """Yield the jobs to enqueue, each with its number, in batches of random size."""
    numbers = list(range(first, first + count))
    while numbers:
        size = chance.randint(1, LARGEST_BATCH)
        batch, numbers = numbers[:size], numbers[size:]
        jobs = []
        for number in batch:
            luck = chance.random()
            fails = MAX_ATTEMPTS if luck < FAILS_ALWAYS else 1 if luck < FAILS_ALWAYS + FAILS_ONCE else 0
            payload = {"number": number, "fails": fails, "ms": chance.choice((0, 0, 1, 2, 5, 20)) * slowness}
            queue, priority = chance.choice(QUEUES), chance.choice((0, 0, 0, 10))
            jobs.append(
                (number, Queue.new(SOAK_TYPE, payload, queue=queue, priority=priority, max_attempts=MAX_ATTEMPTS))
            )
        yield jobs


def main() -> None:
    """Enqueue, and tell the sink before each call and after it; an unknown answer is sent again."""
    first, count, slowness, seed = map(int, sys.argv[1:])
    sink = Sink(os.environ[SINK_VARIABLE])
    with Queue() as queue:
        for batch in make_batches(first, count, slowness, random.Random(seed)):
            for attempt in range(TRIES):
                if send(queue, sink, [job for _, job in batch], attempt):
                    break


def send(queue: Queue, sink: Sink, jobs: list[NewJob], attempt: int) -> bool:
    """Send jobs once and tell whether the answer is known. Raises what the last try raises."""
    call = uuid4().hex
    for job in jobs:
        sink.write("enqueue", phase=INVOKE, call=call, job_id=job.id, digest=digest_of(job.payload), queue=job.queue)
    try:
        answers = queue.enqueue_many(jobs)
    except (Unreachable, UnknownOutcome):
        for job in jobs:
            sink.write("enqueue", phase=UNKNOWN, call=call, job_id=job.id)
        if attempt == TRIES - 1:
            raise
        return False
    for job, answer in zip(jobs, answers, strict=True):
        outcome = "created" if answer.created else "duplicate"
        sink.write("enqueue", phase=OK, call=call, job_id=job.id, outcome=outcome, holder=answer.id)
    return True


if __name__ == "__main__":
    main()
