"""What Bull 3 and 4 and BullMQ up to 4 wrote otherwise than BullMQ 5, as seen on running systems."""

from __future__ import annotations

from base64 import b64encode
from contextlib import closing
from itertools import product
from typing import Any

import pytest
import redis

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import discover, open_backend
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.errors import NotFound, Unsupported
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.snapshot import Watch
from queuetui.model.state import State

_SHELVES = {"delayed": 7356460880146435, "failed": 1796007357060, "completed": 1796007357067}


def _add_queue(client: redis.Redis, name: str, tries: dict[str, int]) -> None:
    """Put a job on each shelf, with the count of tries that its hash has, by its shelf."""
    client.set(f"bull:{name}:id", 4)
    for number, shelf in enumerate(("delayed", "failed", "completed", "active"), start=1):
        made: dict[str, str | int] = {"attemptsMade": tries[shelf]} if shelf in tries else {}
        hash_: dict[str, str | int] = {
            "name": shelf,
            "data": "{}",
            "opts": '{"attempts":4,"delay":0}',
            "timestamp": 1796007354863,
            "processedOn": 1796007357034,
        }
        client.hset(f"bull:{name}:{number}", mapping=dict[Any, Any]({**hash_, **made}))
        if shelf in _SHELVES:
            client.zadd(f"bull:{name}:{shelf}", {str(number): _SHELVES[shelf]})
        else:
            client.lpush(f"bull:{name}:{shelf}", number)


@pytest.mark.parametrize(
    ("meta", "tries"),
    [
        ({}, {"delayed": 1, "failed": 1}),
        ({"opts.maxLenEvents": "10000"}, {"delayed": 1, "failed": 1, "completed": 1, "active": 1}),
        ({"version": "bullmq:4.18.3"}, {"delayed": 1, "failed": 1, "completed": 1, "active": 1}),
    ],
    ids=["Bull 4.16", "BullMQ 1.91", "BullMQ 4.18"],
)
def test_runs_are_told_by_the_one_count_that_there_was(
    redis_url: str, meta: dict[str, str], tries: dict[str, int]
) -> None:
    """Bull counts the runs that failed, BullMQ up to 4 those that began: what is tried again is told from what never ran."""
    with redis.Redis.from_url(redis_url) as client:
        _add_queue(client, "mail", tries)
        if meta:
            client.hset("bull:mail:meta", mapping=meta)
    backend = open_backend(redis_url, BackendOptions())
    jobs = {job.type.raw: job for job in backend.inspector.page(PageRequest(), Limits()).jobs}
    states = {
        "delayed": State.RETRYING,
        "failed": State.FAILED,
        "completed": State.COMPLETED,
        "active": State.PROCESSING,
    }
    assert {name: job.state for name, job in jobs.items()} == states
    assert {job.attempts for job in jobs.values()} == {1}
    assert {job.max_attempts for job in jobs.values()} == {4}
    (queue,) = backend.inspector.snapshot(Watch()).queues
    assert queue.counts[State.RETRYING].value == 1
    backend.close()


def test_queues_of_bull_are_no_queues_of_bullmq(redis_url: str) -> None:
    """Both may have one prefix: those without meta are only read, also by name and while their workers are connected."""
    with (
        redis.Redis.from_url(redis_url) as client,
        redis.Redis.from_url(redis_url, client_name=f"bull:{b64encode(b'old').decode()}") as of_old,
        redis.Redis.from_url(redis_url, client_name=f"bull:{b64encode(b'new').decode()}") as of_new,
    ):
        _add_queue(client, "old", {"delayed": 1, "failed": 1})
        _add_queue(client, "new", {})
        client.hset("bull:new:meta", mapping={"version": "bullmq:5.81.5"})
        client.set("bull:old:meta-paused", 1)
        of_old.ping()
        of_new.ping()
        assert [(one.kind, one.queues) for one in discover(redis_url, BackendOptions())] == [("bull", 1), ("bullmq", 1)]
        with closing(
            open_backend(redis_url, BackendOptions(kind="bullmq", settings={"bullmq.queues": "old"}))
        ) as bullmq:
            seen = bullmq.inspector.snapshot(Watch())
            assert [one.name.raw for one in seen.queues] == ["new"]
            assert [one.queues[0].raw for one in seen.workers] == ["new"]
            with pytest.raises(NotFound):
                bullmq.inspector.get("old/2")
        with closing(open_backend(redis_url, BackendOptions(kind="bull"))) as bull:
            seen = bull.inspector.snapshot(Watch())
            assert [(one.name.raw, one.held) for one in seen.queues] == [("old", True)]
            assert [one.queues[0].raw for one in seen.workers] == ["old"]
            failed = bull.inspector.get("old/2")
            assert failed.remarks == (bull.inspector.capabilities.why_not(Verb.RETRY),)
            with pytest.raises(Unsupported, match="Bull is only read"):
                bull.operator.apply(Act(Verb.RETRY, "tester"), [Target(failed.ref)], Limits())


def test_counters_of_others_are_no_queues_of_bull(redis_url: str) -> None:
    """Bee-Queue and an application's own counters have some keys of Bull's names; what Bull emptied stays a queue."""
    with redis.Redis.from_url(redis_url) as client:
        client.set("bq:mail:id", 2)
        client.hset("bq:mail:jobs", mapping={"1": "{}", "2": "{}"})
        client.lpush("bq:mail:active", 1)
        client.zadd("bq:mail:delayed", {"2": 1796007357060})
        client.set("bull:user:id", 7)
        client.lpush("bull:user:active", 7)
        client.hset("bull:user:7", mapping={"name": "Ann", "timestamp": "1796007354863"})
        assert not discover(redis_url, BackendOptions())
        _add_queue(client, "mail", {})
        with closing(open_backend(redis_url, BackendOptions())) as backend:
            assert backend.inspector.capabilities.kind == "bull"
            client.delete(*client.keys("bull:mail:[!i]*"))
            assert [one.name.raw for one in backend.inspector.snapshot(Watch()).queues] == ["mail"]


def test_a_queue_without_version_has_that_of_others_if_the_same_wrote_to_it(redis_url: str) -> None:
    """BullMQ 1 and 2 and 5.0 to 5.13 tell no version, nor does a FlowProducer: only what a later version wrote is changed."""
    with redis.Redis.from_url(redis_url) as client:
        client.hset("bull:new:meta", mapping={"version": "bullmq:5.81.5"})
        _add_queue(client, "old", {"delayed": 1, "failed": 1, "completed": 1})
        _add_queue(client, "flow", {})
        _add_queue(client, "unrun", {})
        _add_queue(client, "stalled", {})
        _add_queue(client, "early", {})
        client.zadd("bull:early:marker", {"0": 0})
        for name in ("old", "flow", "unrun", "stalled", "early"):
            client.hset(f"bull:{name}:meta", mapping={"opts.maxLenEvents": "10000"})
        for name in ("flow", "stalled", "early"):
            client.hset(f"bull:{name}:2", mapping={"atm": 1, "ats": 1})
        for name, number in product(("flow", "stalled"), range(1, 5)):
            client.hset(f"bull:{name}:{number}", "opts", '{"attempts":4}')
        client.hset("bull:stalled:4", "stalledCounter", 1)
        client.hset("bull:parents:meta", mapping={"opts.maxLenEvents": "10000"})
        client.hset("bull:parents:up", mapping={"name": "up", "opts": '{"attempts":0}', "timestamp": 1796007354863})
        client.zadd("bull:parents:waiting-children", {"up": 1796007354863})
    with closing(open_backend(redis_url, BackendOptions())) as backend:
        jobs = {job.ref.id: job for job in backend.inspector.page(PageRequest(), Limits()).jobs}
        remarked = {id_ for id_, job in jobs.items() if any("an unknown version" in one for one in job.remarks)}
        assert jobs["stalled/4"].lost == 1
        unknown = ("old", "unrun", "stalled", "early")
        assert remarked == {f"{name}/{number}" for name in unknown for number in range(1, 5)}
        del jobs["parents/up"]
        verbs = {"1": Verb.RETRY, "2": Verb.RETRY, "3": Verb.DELETE, "4": Verb.DELETE}
        for id_, job in jobs.items():
            (result,) = backend.operator.apply(Act(verbs[id_[-1]], "tester"), [Target(job.ref)], Limits())
            assert (result.outcome is Outcome.DONE) is id_.startswith("flow/"), (id_, result)
        for name in (*unknown, "flow", "parents"):
            held = backend.operator.apply_to_queue(Act(Verb.PAUSE, "tester"), name)
            assert (held.outcome is Outcome.DONE) is (name in ("flow", "parents"))
