"""queuetui, on any of its stores."""

from __future__ import annotations

import os

from program import URL, Enqueuing, answer, stamp

from queuetui import Queue, job
from queuetui.model.act import Act, Verb

BULK = 5000
PAYLOAD = {"sku": "A-1042"}


@job("noop")
def noop(_payload: object) -> None:
    """Append a stamp."""
    stamp()


def main() -> None:
    """Answer one command."""
    with Queue(URL) as queue:
        if os.environ.get("BENCH_EVENTS") == "off":
            queue.backend.operator.apply_to_queue(Act(Verb.EVENTS_OFF, "benchmark"), "default")

        def one_by_one(count: int) -> None:
            for _ in range(count):
                queue.enqueue("noop", PAYLOAD)

        def in_bulk(count: int) -> None:
            for start in range(0, count, BULK):
                queue.enqueue_many(queue.new_many("noop", [PAYLOAD] * min(BULK, count - start)))

        answer(Enqueuing(one_by_one, in_bulk))
