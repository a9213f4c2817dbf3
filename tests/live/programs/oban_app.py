"""An application of Oban with the two jobs; run by itself, it enqueues both."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import live_jobs
from oban import Oban, worker
from psycopg_pool import AsyncConnectionPool


@worker(queue="live", max_attempts=1)
class Fail:
    """Fail until mended."""

    async def process(self, job: Any) -> None:
        await asyncio.to_thread(live_jobs.fail, job.args["folder"])


@worker(queue="live")
class Slow:
    """Run on until mended."""

    async def process(self, job: Any) -> None:
        await asyncio.to_thread(live_jobs.slow, job.args["folder"])


async def main(url: str, folder: str) -> None:
    """Enqueue both."""
    import oban_app

    async with AsyncConnectionPool(url) as pool, Oban(pool=pool):
        for each in (oban_app.Fail, oban_app.Slow):
            await each.enqueue({"folder": folder})


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
