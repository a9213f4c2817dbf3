"""Dramatiq on Redis, with its command-line worker."""

from __future__ import annotations

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from program import URL, Enqueuing, answer, stamp

dramatiq.set_broker(RedisBroker(url=URL))


@dramatiq.actor
def noop(sku: str) -> None:
    """Append a stamp."""
    stamp()


def one_by_one(count: int) -> None:
    """Enqueue each job by itself; there is no call for many."""
    for _ in range(count):
        noop.send("A-1042")


def main() -> None:
    """Answer one command."""
    answer(Enqueuing(one_by_one))
