"""A worker of PgQueuer with the two jobs; a failure of the one is held. `pgq run` of 1.6 breaks with typer 0.29, so it runs by itself."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from typing import Any

import live_jobs
import psycopg
from pgqueuer import PgQueuer


async def main(url: str) -> None:
    """Run the worker."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        app = PgQueuer.from_psycopg_connection(connection)

        @app.entrypoint("fail", on_failure="hold")
        async def fail(job: Any) -> None:
            await asyncio.to_thread(live_jobs.fail, job.payload.decode())

        @app.entrypoint("slow")
        async def slow(job: Any) -> None:
            await asyncio.to_thread(live_jobs.slow, job.payload.decode())

        await app.run(dequeue_timeout=timedelta(seconds=1))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
