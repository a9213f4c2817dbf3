"""One process that enqueues its share: `python -m tests.acceptance.enqueuer FIRST COUNT SLOWNESS SEED`."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator

from queuetui import Queue
from queuetui.model.errors import UnknownOutcome, Unreachable
from queuetui.model.job import NewJob
from tests.acceptance.sink import SINK_VARIABLE, Sink
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
    """Enqueue, and tell the sink of each job once the store has said yes; an unknown answer is sent again."""
    first, count, slowness, seed = map(int, sys.argv[1:])
    sink = Sink(os.environ[SINK_VARIABLE])
    with Queue() as queue:
        for batch in make_batches(first, count, slowness, random.Random(seed)):
            for attempt in range(TRIES):
                try:
                    queue.enqueue_many([job for _, job in batch])
                    break
                except (Unreachable, UnknownOutcome):
                    if attempt == TRIES - 1:
                        raise
            for number, job in batch:
                sink.write("enqueued", job.id, 0, number)


if __name__ == "__main__":
    main()
