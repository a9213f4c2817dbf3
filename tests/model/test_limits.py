"""How long is too long, and who listens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from queuetui.model.limits import Limits, is_live, unconsumed
from queuetui.model.worker import WorkerInfo
from tests.model.jobs import NOW, text


def worker(*queues: str, silent_s: float = 0) -> WorkerInfo:
    """Return a worker that listens to queues and beat so long ago."""
    beat_at = NOW - timedelta(seconds=silent_s)
    heard = tuple(map(text, queues))
    return WorkerInfo(text("w"), text("web-1"), 1, text("0.1"), heard, 4, 0, started_at=beat_at, beat_at=beat_at)


@pytest.mark.parametrize(
    ("queue", "job_type", "limit_s"),
    [("a", "x", 300), ("mail", "x", 60), ("a", "Import", 900), ("mail", "Import", 900)],
)
def test_a_type_goes_before_its_queue(queue: str, job_type: str, limit_s: float) -> None:
    """A run's limit is its type's, else its queue's, else the floor."""
    limits = Limits(300, per_queue_s={"mail": 60}, per_type_s={"Import": 900})
    assert limits.run_limit_s(queue, job_type) == limit_s


@pytest.mark.parametrize(("silent_s", "live"), [(0, True), (30, True), (30.001, False), (-5, True)])
def test_a_silent_worker_is_not_live(silent_s: float, *, live: bool) -> None:
    """A worker is live until it has been silent for longer than the limit."""
    assert is_live(worker("mail", silent_s=silent_s), NOW, Limits()) is live


def test_a_worker_that_lost_its_lease_is_not_live() -> None:
    """One that has beaten lately and still holds jobs under a lease that is over neither lives nor listens."""
    lost = replace(worker("mail", silent_s=10), busy=2, orphaned=2)
    assert not is_live(lost, NOW, Limits())
    assert unconsumed(["mail"], [lost], NOW, Limits()) == {"mail"}


def test_a_queue_is_consumed_by_a_live_listener() -> None:
    """A queue has no consumer unless a live worker names it."""
    workers = [worker("mail", "sync"), worker("import", silent_s=60)]
    assert unconsumed(["mail", "sync", "import", "other"], workers, NOW, Limits()) == {"import", "other"}
    assert unconsumed([], workers, NOW, Limits()) == frozenset()


def test_a_worker_of_every_queue_consumes_all() -> None:
    """A live worker that listens to every queue leaves none without a consumer; a silent one does not count."""
    assert unconsumed(["a", "b"], [worker()], NOW, Limits()) == frozenset()
    assert unconsumed(["a", "b"], [worker(silent_s=60)], NOW, Limits()) == {"a", "b"}
