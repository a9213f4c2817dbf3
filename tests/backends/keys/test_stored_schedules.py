"""Schedules that products keep in Redis beside their jobs are listed as they are kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial

import redis

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.histories import By
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.schedule import KeptSchedule
from queuetui.model.state import State
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


def test_what_rq_scheduler_keeps_is_listed(redis_url: str) -> None:
    """A job due once is scheduled, and comes to its queue by a retry; one that repeats is a schedule, and left alone."""
    repeats = b"\x80\x05\x95\x12\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x08interval\x94M \x1cs."
    job = {"origin": "mail", "description": "app.ping('x')", "status": "scheduled"}
    with redis.Redis.from_url(redis_url) as client:
        for name, more in (("once", {}), ("each", {"meta": repeats}), ("ran", {"meta": repeats, "status": "failed"})):
            client.hset(f"rq:job:{name}", mapping=job | more)
            client.zadd("rq:scheduler:scheduled_jobs", {name: SLOT.timestamp()})
        client.zadd("rq:failed:mail", {"ran": 2e9})
        client.sadd("rq:queues", "rq:queue:mail")
        backend = open_backend(redis_url, BackendOptions(kind="rq", now=LAST))
        jobs = {job.ref.id: job for job in backend.inspector.page(PageRequest(), Limits()).jobs}
        told = {name: (one.state, one.queue.raw, one.scheduled_at) for name, one in jobs.items()}
        assert told == {
            "once": (State.SCHEDULED, "mail", SLOT),
            "each": (State.SCHEDULED, "mail", SLOT),
            "ran": (State.FAILED, "mail", None),
        }
        targets = [Target(jobs[name].ref) for name in ("once", "each")]
        first, second = backend.operator.apply(Act(Verb.RETRY, "tester"), targets, Limits())
        assert (first.outcome, first.state_now) == (Outcome.DONE, State.PENDING)
        assert second.outcome is Outcome.SKIPPED
        assert "again and again" in second.note
        assert client.lrange("rq:queue:mail", 0, -1) == [b"once"]
        assert client.zrange("rq:scheduler:scheduled_jobs", 0, -1) == [b"each", b"ran"]
        backend.close()
        kept = partial(
            KeptSchedule, type="app.ping", queue="mail", timing="every 7200 s", payload="app.ping('x')", next_at=SLOT
        )
        assert _kept(redis_url, "rq") == (kept("each"), kept("ran"))


def test_the_job_schedulers_of_bullmq_are_listed_by_their_names(redis_url: str) -> None:
    """Their set has them by when they run next."""
    STORES["keys.jsonl"].load(FIXTURES / "bullmq" / "keys.jsonl", redis_url)
    with redis.Redis.from_url(redis_url) as client:
        client.zadd("bull:email:repeat", {"weekly": 1, "a-daily": 4_000_000_000_000})
        for name in ("weekly", "a-daily"):
            client.hset(f"bull:email:repeat:{name}", mapping={"name": "report", "every": "86400000"})
    assert [one.name for one in _kept(redis_url, "bullmq")] == ["email/a-daily", "email/nightly", "email/weekly"]


def test_the_recurring_jobs_of_gems_beside_sidekiq_are_listed(redis_url: str) -> None:
    """Those of sidekiq-cron before and since its namespaces, in whichever of these, and of sidekiq-scheduler.

    Neither a member whose hash is gone nor other values are listed.
    """
    STORES["keys.jsonl"].load(FIXTURES / "sidekiq-6" / "keys.jsonl", redis_url)
    ran = {"last_enqueue_time": "2026-11-30 00:25:00 +0000"}
    cron = {
        "klass": "Report",
        "cron": "30 4 * * * Europe/Berlin",
        "message": '{"queue": "mail"}',
        "args": "[1]",
        "status": "enabled",
    }
    with redis.Redis.from_url(redis_url) as client:
        client.sadd("cron_jobs", "cron_job:old", "cron_job:gone")
        client.sadd("cron_jobs:default", "cron_job:default:new")
        client.sadd("cron_jobs:billing", "cron_job:billing:new")
        client.set("cron_jobs:other", "of an application")
        client.hset("cron_job:old", mapping={**cron, **ran, "name": "old"})
        client.hset("cron_job:default:new", mapping={**cron, "name": "new", "status": "disabled"})
        client.hset("cron_job:billing:new", mapping={**cron, "name": "new", "namespace": "billing"})
        each = {"every": ["5m", {"first_in": "1m"}], "class": "Ping", "queue": "low"}
        client.hset(
            "schedules", mapping={"each": json.dumps(each), "off": json.dumps({"cron": "0 1 * * *", "class": "Off"})}
        )
        client.hset("schedules", mapping={"42": "Monday 8am", "43": '{"shift": "night", "at": "8"}'})
        client.hset("sidekiq-scheduler:next_times", "each", "2026-11-30 00:25:00 UTC")
        client.hset("sidekiq-scheduler:last_times", "each", "2026-11-30 01:25:00 +0100")
        client.hset("sidekiq-scheduler:states", "off", '{"enabled": false}')
    kept = partial(KeptSchedule, type="Report", queue="mail", timing="30 4 * * * Europe/Berlin", payload="[1]")
    assert _kept(redis_url, "sidekiq") == (
        kept("billing/new"),
        KeptSchedule("each", "Ping", "low", "every 5m", next_at=SLOT, last_at=SLOT),
        kept("new", paused=True),
        KeptSchedule("off", "Off", None, "0 1 * * *", paused=True),
        kept("old", last_at=SLOT),
    )


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
