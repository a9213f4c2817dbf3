"""The two jobs as functions of SAQ, on the server that QUEUE_URL names."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import live_jobs
from saq import Queue

queue = Queue.from_url(os.environ["QUEUE_URL"], name="live")


def fail(_context: dict[str, object], *, folder: str) -> None:
    """Fail until mended."""
    live_jobs.fail(folder)


def slow(_context: dict[str, object], *, folder: str) -> None:
    """Run on until mended."""
    live_jobs.slow(folder)


settings = {"queue": queue, "functions": [fail, slow], "concurrency": 2}


async def _enqueue(folder: str) -> None:
    await queue.connect()
    # A worker that starts sweeps: what it has itself taken at that moment and not begun it would abort.
    await queue.sweep(lock=600)
    await queue.enqueue("fail", folder=folder)
    await queue.enqueue("slow", folder=folder, timeout=30)
    await queue.disconnect()


if __name__ == "__main__":
    asyncio.run(_enqueue(sys.argv[1]))
