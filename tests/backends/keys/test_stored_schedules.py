"""Schedules that products keep in Redis beside their jobs are listed as they are kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import redis

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.model.histories import By
from queuetui.model.schedule import KeptSchedule
from tests.backends.captures import FIXTURES
from tests.captures.stores import STORES

SLOT, LAST = datetime(2026, 11, 30, 0, 25, tzinfo=UTC), datetime(2026, 11, 30, 0, 24, 34, 442795, tzinfo=UTC)


def _kept(url: str, kind: str) -> tuple[KeptSchedule, ...]:
    backend = open_backend(url, BackendOptions(kind=kind))
    assert backend.inspector.capabilities.schedules
    assert backend.schedules is not None
    found = backend.schedules.schedules().kept
    backend.close()
    return found


def test_the_cron_jobs_of_a_scheduler_of_rq_are_listed(redis_url: str) -> None:
    """Expression or interval, queue, arguments, next and last slot; nothing once its scheduler is gone.

    Schedulers that were killed stay registered, and change nothing.
    """
    STORES["keys.jsonl"].load(FIXTURES / "rq-3" / "keys.jsonl", redis_url)
    nightly = {
        "func_name": "app.job",
        "name": "report",
        "queue_name": "mail",
        "args": "[1]",
        "kwargs": None,
        "interval": None,
    }
    each = {
        "func_name": "app.ping",
        "name": "app.ping",
        "queue_name": "default",
        "args": None,
        "interval": 60,
        "cron": None,
    }
    slot, last = "2026-11-30T00:25:00.000000Z", "2026-11-30T00:24:34.442795Z"
    told = [
        {**nightly, "cron": "*/5 * * * *", "latest_enqueue_time": None, "next_enqueue_time": slot},
        {**each, "latest_enqueue_time": last, "next_enqueue_time": None},
        {"func_name": "app.odd", "name": "wrong", "cron": 5, "args": "[not JSON-serializable]", "kwargs": {"a": 1}},
    ]
    with redis.Redis.from_url(redis_url) as client:
        killed = {f"killed:{number}": 1795000000.0 + number for number in range(150)}
        client.zadd("rq:cron_schedulers", {"vm:1:ab": 1795998274.4, **killed})
        client.hset("rq:cron_scheduler:vm:1:ab", mapping={"cron_jobs": json.dumps(told)})
        assert _kept(redis_url, "rq") == (
            KeptSchedule("app.ping", "app.ping", "default", "every 60 s", last_at=LAST),
            KeptSchedule("report", "app.job", "mail", "*/5 * * * *", payload='{"args": [1]}', next_at=SLOT),
            KeptSchedule(
                "wrong", "app.odd", "", "5", payload='{"args": "[not JSON-serializable]", "kwargs": {"a": 1}}'
            ),
        )
        client.delete("rq:cron_scheduler:vm:1:ab")
    assert _kept(redis_url, "rq") == ()


def test_the_entries_of_redbeat_are_listed(redis_url: str) -> None:
    """Expression or interval, queue, arguments, when it is due, when it last ran once it has, and what is disabled.

    A member whose hash is gone, or is none, is no entry.
    """
    STORES["keys.jsonl"].load(FIXTURES / "celery" / "keys.jsonl", redis_url)
    made = {
        "year": 2026,
        "month": 11,
        "day": 30,
        "hour": 0,
        "minute": 24,
        "second": 34,
        "microsecond": 442795,
        "timezone": "UTC",
    }
    crontab = {
        "__type__": "crontab",
        "minute": "30",
        "hour": "2",
        "day_of_week": "*",
        "day_of_month": "*",
        "month_of_year": "*",
    }
    every = {"__type__": "interval", "every": 90.0, "relative": False}
    entries: dict[str, tuple[dict[str, object], dict[str, object]]] = {
        "nightly": (
            {"task": "app.clean", "args": [1], "options": {"queue": "high"}, "schedule": crontab, "enabled": True},
            {},
        ),
        "each": (
            {"task": "app.ping", "args": None, "options": {}, "schedule": every, "enabled": False},
            {"total_run_count": 1},
        ),
    }
    with redis.Redis.from_url(redis_url) as client:
        client.zadd("redbeat::schedule", {"redbeat:gone": 1, "redbeat:text": 2})
        client.set("redbeat:text", "x")
        for name, (definition, meta) in entries.items():
            client.zadd("redbeat::schedule", {f"redbeat:{name}": SLOT.timestamp()})
            fields = {
                "definition": json.dumps({"name": name, **definition}),
                "meta": json.dumps({"last_run_at": made, **meta}),
            }
            client.hset(f"redbeat:{name}", mapping=fields)
    assert _kept(redis_url, "celery") == (
        KeptSchedule(
            "each", "app.ping", None, "every 90 s", next_at=SLOT, last_at=LAST.replace(microsecond=0), paused=True
        ),
        KeptSchedule("nightly", "app.clean", "high", "30 2 * * *", payload='{"args": [1]}', next_at=SLOT),
    )


def test_what_runs_usually_take_is_read_of_the_newest_alone(redis_url: str) -> None:
    """A poll looks through no more jobs for it, whenever they ended: of 2,000, as many as one page."""
    STORES["keys.jsonl"].load(FIXTURES / "rq-3" / "keys.jsonl", redis_url)
    at = "2001-01-01T00:00:00.000000Z"
    with redis.Redis.from_url(redis_url) as client:
        queue = min(client.smembers("rq:queues")).decode().removeprefix("rq:queue:")
        with client.pipeline(transaction=False) as pipe:
            for number in range(2_000):
                pipe.hset(
                    f"rq:job:old-{number}",
                    mapping={"status": "finished", "origin": queue, "created_at": at, "ended_at": at},
                )
                pipe.zadd(f"rq:finished:{queue}", {f"old-{number}": 2e9 + number})
            pipe.execute()
        backend = open_backend(redis_url, BackendOptions(kind="rq"))
        client.config_resetstat()
        backend.histories.usual_runs(86_400)
        usual = client.info("commandstats")["cmdstat_hmget"]["calls"]
        backend.histories.durations(86_400, By.TYPE)
        whole = client.info("commandstats")["cmdstat_hmget"]["calls"] - usual
        backend.close()
    assert usual < 700
    assert whole > 2_000
