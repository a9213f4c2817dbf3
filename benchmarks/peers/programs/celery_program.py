"""Celery on Redis, with its command-line worker and no results."""

from __future__ import annotations

from celery import Celery
from program import URL, Enqueuing, answer, stamp

app = Celery("celery_program", broker=URL)
app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True)


@app.task(name="noop")
def noop(_sku: str) -> None:
    """Append a stamp."""
    stamp()


def one_by_one(count: int) -> None:
    """Enqueue each job by itself; there is no call for many."""
    for _ in range(count):
        noop.delay("A-1042")


def main() -> None:
    """Answer one command."""
    answer(Enqueuing(one_by_one))
