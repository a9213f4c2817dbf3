"""The two jobs as actors of Dramatiq, on the server that QUEUE_URL names."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import dramatiq
import live_jobs
from dramatiq.brokers.redis import RedisBroker

dramatiq.set_broker(RedisBroker(url=os.environ["QUEUE_URL"]))
fail = dramatiq.actor(live_jobs.fail, queue_name="live", max_retries=0)
slow = dramatiq.actor(live_jobs.slow, queue_name="live", time_limit=900_000)

if __name__ == "__main__":
    fail.send(sys.argv[1])
    slow.send(sys.argv[1])
