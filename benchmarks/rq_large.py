"""Reads and acts on a million jobs of RQ: how long each takes, and the slowest command that the server ran for it.

`make bench BENCH=rq_large`; `ARGS=100000` takes fewer jobs.
"""

from __future__ import annotations

import sys
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import redis

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.model.act import Act, Target, Verb
from queuetui.model.limits import Limits
from queuetui.model.page import Page, PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from tests.servers.redis import find_redis, start_redis

BATCH = 5_000
SHARES = (("queue:mail", "queued", 0.7), ("finished:mail", "finished", 0.2), ("failed:mail", "failed", 0.1))
DATA = zlib.compress(b'["app.send", null, [1], {}]')
# What this program itself asks the server.
OWN = ("slowlog", "info", "config", "ping")
T = TypeVar("T")


def fill(client: redis.Redis, jobs: int) -> None:
    """Put jobs into one queue, its finished and its failed ones."""
    client.sadd("rq:queues", "rq:queue:mail")
    now, number = datetime.now(UTC).isoformat(), 0
    for key, status, share in SHARES:
        for first in range(0, int(jobs * share), BATCH):
            names = [f"job-{number + place:07}" for place in range(min(BATCH, int(jobs * share) - first))]
            number += len(names)
            with client.pipeline(transaction=False) as pipe:
                for name in names:
                    fields = {"status": status, "origin": "mail", "description": "app.send(1)", "created_at": now}
                    ended = {} if status == "queued" else {"started_at": now, "ended_at": now}
                    pipe.hset(f"rq:job:{name}", mapping={**fields, **ended, "enqueued_at": now, "data": DATA})
                if key.startswith("queue"):
                    pipe.rpush(f"rq:{key}", *names)
                else:
                    pipe.zadd(f"rq:{key}", dict.fromkeys(names, 2e9 + number))
                pipe.execute()


def measure(client: redis.Redis, name: str, call: Callable[[], T]) -> T:
    """Print how long a call takes, how long the server works for it in all, and its slowest command."""
    client.slowlog_reset()
    client.config_resetstat()
    began = time.perf_counter()
    found = call()
    took_s = time.perf_counter() - began
    used_us = sum(
        one["usec"]
        for at, one in client.info("commandstats").items()
        if not at.removeprefix("cmdstat_").startswith(OWN)
    )
    logged = [one for one in client.slowlog_get(20_000) if not one["command"].decode("latin-1").lower().startswith(OWN)]
    slowest = max(logged, key=lambda one: one["duration"], default=None)
    told = "" if slowest is None else f"{slowest['duration'] / 1000:.1f} ms {slowest['command'][:20].decode()}"
    print(f"{name:52} {took_s * 1000:8.0f} ms   server {used_us / 1000:7.1f} ms   {told}", flush=True)
    return found


def read(client: redis.Redis, backend: Backend, jobs: int) -> None:
    """Measure what a console reads and does."""
    inspector = backend.inspector

    def page(text: str, *, backward: bool = False) -> Page:
        return inspector.page(PageRequest(parse_query(text), 100, backward=backward), Limits())

    first = PageRequest(parse_query(""), 100)
    measure(client, "first page", lambda: page(""))
    measure(client, "first page again", lambda: page(""))
    measure(client, "first page of failed jobs", lambda: page("state:failed"))
    measure(client, "last page", lambda: page("", backward=True))
    measure(client, "poll: counts of every state, failures and a page", lambda: inspector.snapshot(Watch(page=first)))
    measure(client, "a job by its id, in the middle of the list", lambda: inspector.get(f"job-{int(jobs * 0.35):07}"))
    measure(client, "the end of an id", lambda: inspector.find("999999"))
    measure(client, "one look of a filter that nothing serves", lambda: page("type:nothing"))
    measure(client, "sort:created", lambda: page("sort:created"))
    refs = [Target(job.ref) for job in page("state:failed").jobs]
    measure(client, "retry of 100", lambda: backend.operator.apply(Act(Verb.RETRY, "bench"), refs, Limits()))


def main() -> None:
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    found = find_redis()
    assert found is not None, "no Valkey or Redis runs here"
    server = start_redis(*found, settings={"slowlog-log-slower-than": "0", "slowlog-max-len": "20000"})
    try:
        client = redis.Redis.from_url(server.url)
        fill(client, jobs)
        print(f"{jobs:,} jobs of RQ")
        backend = measure(client, "open", lambda: open_backend(server.url, BackendOptions(kind="rq")))
        read(client, backend, jobs)
        backend.close()
    finally:
        server.remove()


if __name__ == "__main__":
    main()
