"""What takes this process long to count beside many jobs is not counted at each poll."""

from __future__ import annotations

from contextlib import closing

import pytest
import redis

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.backends.keys import dear_looks
from queuetui.model.act import Act, Target, Verb
from queuetui.model.limits import Limits
from queuetui.model.measured import Exactness
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from tests.backends.captures import Capture


def test_a_dear_count_stands_with_its_age_until_somebody_acts(
    rq_capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A poll tells how many were stuck at the last look; what must be exact, and whoever has just acted, is told how many are now."""
    monkeypatch.setattr(dear_looks, "DEAR_S", 0.0)
    monkeypatch.setattr(dear_looks, "REST_FACTOR", 1e9)
    with closing(open_backend(rq_capture.url, BackendOptions(kind="rq"))) as backend:
        inspector = backend.inspector
        first = inspector.snapshot(Watch())
        jobs = inspector.page(PageRequest(parse_query("state:pending is:stuck")), Limits()).jobs
        assert (first.stuck.exactness, bool(jobs)) == (Exactness.EXACT, True)
        with redis.Redis.from_url(rq_capture.url) as client:
            client.lrem(f"rq:queue:{jobs[0].queue.raw}", 1, jobs[0].ref.id)
        later = inspector.snapshot(Watch()).stuck
        assert (later.value, later.exactness, later.as_of) == (first.stuck.value, Exactness.CACHED, first.now)
        left = (first.stuck.value or 0) - 1
        exact = inspector.snapshot(Watch(exact=True)).stuck
        assert (exact.value, exact.exactness) == (left, Exactness.EXACT)
        (failed,) = inspector.page(PageRequest(parse_query("state:failed"), 1), Limits()).jobs
        backend.operator.apply(Act(Verb.DELETE, "tester"), [Target(failed.ref)], Limits())
        again = inspector.snapshot(Watch()).stuck
        assert (again.value, again.exactness) == (left, Exactness.EXACT)
