"""PgQueuer on asyncpg and uvloop; its worker is started from Python because its command line does not start."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta

import asyncpg
import uvloop
from pgqueuer import AsyncpgDriver, Job, PgQueuer, Queries
from program import URL, Enqueuing, answer, stamp

BULK = 5000
PAYLOAD = b'{"sku": "A-1042"}'
BATCH = {"work-tuned": 1000, "work-default": 10}


async def work(batch: int) -> None:
    """Work until the process is ended."""
    queue = PgQueuer(AsyncpgDriver(await asyncpg.connect(URL)))

    @queue.entrypoint("noop")
    async def noop(_job: Job) -> None:
        stamp()

    await queue.run(dequeue_timeout=timedelta(seconds=30), batch_size=batch)


def main() -> None:
    """Work, or answer one command."""
    if sys.argv[1] in BATCH:
        uvloop.run(work(BATCH[sys.argv[1]]))
        return
    with uvloop_runner() as run:
        queries = run(connect())

        async def one_by_one(count: int) -> None:
            for _ in range(count):
                await queries.enqueue("noop", PAYLOAD)

        async def in_bulk(count: int) -> None:
            for start in range(0, count, BULK):
                size = min(BULK, count - start)
                await queries.enqueue(["noop"] * size, [PAYLOAD] * size, [0] * size)

        answer(Enqueuing(lambda n: run(one_by_one(n)), lambda n: run(in_bulk(n)), lambda: run(queries.install())))


async def connect() -> Queries:
    """Open the one connection that the enqueuing side uses."""
    return Queries(AsyncpgDriver(await asyncpg.connect(URL)))


class uvloop_runner:  # noqa: N801 - used as a function
    """One event loop for every call."""

    def __enter__(self) -> Callable[[Awaitable[object]], object]:
        self._loop = uvloop.new_event_loop()
        return self._loop.run_until_complete

    def __exit__(self, *_: object) -> None:
        self._loop.close()
