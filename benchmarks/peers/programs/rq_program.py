"""RQ, with its command-line worker."""

from __future__ import annotations

from program import URL, Enqueuing, answer, stamp
from redis import Redis
from rq import Queue

BULK = 500


def noop(_sku: str) -> None:
    """Append a stamp."""
    stamp()


def main() -> None:
    """Answer one command."""
    queue = Queue(connection=Redis.from_url(URL))

    def one_by_one(count: int) -> None:
        for _ in range(count):
            queue.enqueue(noop, "A-1042")

    def in_bulk(count: int) -> None:
        for start in range(0, count, BULK):
            queue.enqueue_many([Queue.prepare_data(noop, ("A-1042",)) for _ in range(min(BULK, count - start))])

    answer(Enqueuing(one_by_one, in_bulk))
