"""The two jobs as functions of arq, on the server that QUEUE_URL names."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import live_jobs
from arq import create_pool
from arq.connections import RedisSettings

SERVER = RedisSettings.from_dsn(os.environ["QUEUE_URL"])


async def fail(_context: dict[str, object], folder: str) -> None:
    """Fail until mended."""
    live_jobs.fail(folder)


async def slow(_context: dict[str, object], folder: str) -> None:
    """Run on until mended."""
    await asyncio.to_thread(live_jobs.slow, folder)


class WorkerSettings:
    """What arq's worker is started with."""

    functions = (fail, slow)
    redis_settings = SERVER
    queue_name = "arq:live"


async def _enqueue(folder: str) -> None:
    pool = await create_pool(SERVER)
    for name in ("fail", "slow"):
        await pool.enqueue_job(name, folder, _queue_name="arq:live")


if __name__ == "__main__":
    asyncio.run(_enqueue(sys.argv[1]))
