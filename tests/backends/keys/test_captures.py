"""Captures of RQ and Sidekiq on the suite that every foreign backend passes, and what reading leaves behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis

from queuetui.backends.base import BackendOptions, iterate
from queuetui.backends.registry import discover
from queuetui.model.histories import By
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query import Query
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from tests.backends.captures import Capture
from tests.backends.foreign_suite import ForeignInspectorSuite
from tests.backends.keys.snapshots import dump_keys

READS = frozenset(
    """
    ping hello auth client select time info type hgetall smembers srandmember hmget hget hlen hscan llen lrange lpos zcard zrange zrevrange
    zscore zrank zrevrank zcount zrangebyscore zrevrangebyscore xlen xrange xrevrange get scard
    """.split()  # noqa: SIM905 - as many quotes would hide the names
)


class TestKeysInspector(ForeignInspectorSuite):
    """Reading the captures."""

    def test_attempts_and_errors_are_true(self, capture: Capture) -> None:
        """Attempts and errors are those of the truth; where the product does not store them, the job says so in a remark."""
        jobs = {job.ref.id: job for job in iterate(capture.open().inspector, Query(), Limits())}
        for job_id, truth in capture.stored.items():
            job = jobs[job_id]
            if job.attempts != truth.get("attempts", 0):
                assert job.attempts < truth["attempts"]
                assert any("no count of attempts" in remark for remark in job.remarks), job_id
            if job.error is None and "error_class" in truth:
                assert any("no error of a run that is tried again" in remark for remark in job.remarks), job_id
            else:
                assert (None if job.error is None else job.error.class_name.raw) == truth.get("error_class"), job_id

    def test_types_and_arguments_are_read(self, capture: Capture) -> None:
        """Each job's type is its function or class, and its arguments are JSON."""
        jobs = {job.ref.id: job for job in iterate(capture.open().inspector, Query(), Limits())}
        for job_id, truth in capture.stored.items():
            assert jobs[job_id].type.raw == truth.get("func", truth.get("class"))
            assert jobs[job_id].payload.raw[0] in "[{"

    def test_it_is_found_by_its_keys(self, capture: Capture) -> None:
        """Discovery names the one product with its queues and jobs."""
        (found,) = discover(capture.url, BackendOptions())
        assert (found.kind, found.queues) == (capture.kind, 2)
        assert found.jobs is not None
        assert found.jobs.value == len(capture.stored)


def test_reading_changes_nothing(capture: Capture) -> None:
    """Every read of the contract leaves every key as it was, and sends no command that could write."""
    before = dump_keys(capture.url)
    with watched(capture.url) as commands:
        backend = capture.open(400)
        inspector = backend.inspector
        snapshot = inspector.snapshot(Watch(page=PageRequest(limit=3)))
        assert snapshot.problems == {}
        assert snapshot.workers
        for job in iterate(inspector, Query(), Limits(), page_size=3):
            inspector.get(job.ref.id)
            inspector.attempts(job.ref.id)
            inspector.find(job.ref.id[-6:])
        inspector.page(PageRequest(parse_query("is:stuck")), Limits())
        inspector.page(PageRequest(parse_query("sort:created word")), Limits())
        inspector.identity()
        assert backend.histories is not None
        backend.histories.failure_groups(3600)
        backend.histories.tallies(3600, By.QUEUE)
        discover(capture.url, BackendOptions())
    assert dump_keys(capture.url) == before
    assert commands
    assert commands - READS == set()


@contextmanager
def watched(url: str) -> Iterator[set[str]]:
    """Collect the names of the commands that a server is sent meanwhile."""
    seen: set[str] = set()
    with redis.Redis.from_url(url) as client, client.monitor() as monitor:
        ready = threading.Event()

        def listen() -> None:
            ready.set()
            for command in monitor.listen():
                name = command["command"].split()[0].lower()
                if name == "echo":
                    return
                seen.add(name)

        thread = threading.Thread(target=listen)
        thread.start()
        ready.wait(10)
        yield seen
        client.echo("end")
        thread.join(10)
        assert not thread.is_alive()


@pytest.mark.parametrize("text", ["priority>3", "key:a", "correlation_id:x", "lost>0"])
def test_what_is_not_kept_is_refused_with_its_reason(rq_capture: Capture, text: str) -> None:
    """A filter on a field that RQ does not keep says why."""
    (planned,) = rq_capture.open().inspector.plan(parse_query(text))
    assert planned.why.startswith("RQ")
