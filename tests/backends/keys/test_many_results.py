"""A hash whose members have no order: what is listed of very many, and how the rest is counted."""

from __future__ import annotations

import redis

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.backends.keys.shelf import MOST_FIELDS
from queuetui.model.limits import Limits
from queuetui.model.measured import Exactness
from queuetui.model.page import PageRequest
from queuetui.model.snapshot import Watch
from queuetui.model.state import State

# A whole number of Huey's, pickled.
_RESULT = b"\x80\x05K\x0b."


def _results(url: str, count: int) -> None:
    values = {f"{number:08}-0000-4000-8000-000000000000": _RESULT for number in range(count)}
    with redis.Redis.from_url(url) as client:
        client.hset("huey.results.app", mapping={**values, "r:revoked": b"\x80\x05N\x88\x86."})


def test_what_is_no_job_is_not_counted(redis_url: str) -> None:
    """Of a hash that is read whole, the page and the counts tell the jobs alone."""
    _results(redis_url, 30)
    backend = open_backend(redis_url, BackendOptions(kind="huey"))
    page = backend.inspector.page(PageRequest(limit=100), Limits())
    assert (len(page.jobs), page.total.value, page.total.exactness, page.notes) == (30, 30, Exactness.EXACT, ())
    completed = backend.inspector.snapshot(Watch()).counts[State.COMPLETED]
    assert (completed.value, completed.exactness) == (30, Exactness.EXACT)
    backend.close()


def test_a_part_of_very_many_is_not_shown_as_all(redis_url: str) -> None:
    """Past what is listed the page says how many there are, and the total is an estimate."""
    _results(redis_url, 3 * MOST_FIELDS)
    backend = open_backend(redis_url, BackendOptions(kind="huey"))
    page = backend.inspector.page(PageRequest(limit=100), Limits())
    assert page.total.value == 3 * MOST_FIELDS + 1
    assert page.total.exactness is Exactness.ESTIMATED
    assert page.notes == ("only 5,000 of the 15,001 members of huey.results.app are listed: they have no order",)
    completed = backend.inspector.snapshot(Watch()).counts[State.COMPLETED]
    assert completed.exactness is Exactness.ESTIMATED
    assert 0.99 < (completed.value or 0) / (3 * MOST_FIELDS) < 1.01
    backend.close()
