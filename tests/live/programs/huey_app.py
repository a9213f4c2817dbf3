"""The two jobs as tasks of Huey, in the store and by the class that the environment names."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import huey as library
import live_jobs

url, kind = os.environ["QUEUE_URL"], os.environ["HUEY_CLASS"]
place = {"filename": url.removeprefix("sqlite:///")} if url.startswith("sqlite") else {"url": url}
huey = getattr(library, kind)("live-app", **place)
# Long enough that only a person brings it forward.
fail = huey.task(retries=2, retry_delay=7200)(live_jobs.fail)
slow = huey.task()(live_jobs.slow)

if __name__ == "__main__":
    fail(sys.argv[1])
    slow(sys.argv[1])
