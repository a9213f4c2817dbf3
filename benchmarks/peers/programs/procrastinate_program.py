"""Procrastinate, with its command-line worker."""

from __future__ import annotations

import procrastinate
from program import URL, Enqueuing, answer, stamp

BULK = 1000

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=URL))


@app.task(name="noop")
async def noop(sku: str) -> None:
    """Append a stamp."""
    stamp()


def main() -> None:
    """Answer one command."""
    sync = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=URL))
    with sync.open():

        def one_by_one(count: int) -> None:
            for _ in range(count):
                sync.configure_task("noop").defer(sku="A-1042")

        def in_bulk(count: int) -> None:
            for start in range(0, count, BULK):
                jobs = [{"sku": "A-1042"} for _ in range(min(BULK, count - start))]
                sync.configure_task("noop").batch_defer(*jobs)

        answer(Enqueuing(one_by_one, in_bulk, sync.schema_manager.apply_schema))
