"""The events of one correlation id, on the SQL stores: of its newest jobs, and said so where there are more."""

from __future__ import annotations

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.events import EventLog
from queuetui.backends.native.sql.event_log import MOST_RELATED
from queuetui.backends.registry import NATIVE, open_native
from queuetui.model.event import EventRequest
from tests.conformance.scenes import add


@pytest.mark.parametrize("url", ["sqlite_url", "postgres_url", "mysql_url"])
def test_a_correlation_of_very_many_jobs_says_how_far_it_is_looked_at(url: str, request: pytest.FixtureRequest) -> None:
    """The note comes with the first job more than are looked at, and not before."""
    backend = open_native(request.getfixturevalue(url), BackendOptions(name="shop", kind=NATIVE, create=True))
    assert isinstance(backend, EventLog)
    asked = EventRequest(correlation_id="order-7", limit=2 * MOST_RELATED)
    add(backend, MOST_RELATED, correlation_id="order-7")
    page = backend.events(asked)
    assert (len(page.events), page.notes) == (MOST_RELATED, ())
    add(backend, 1, correlation_id="order-7")
    page = backend.events(asked)
    assert (len(page.events), len(page.notes)) == (MOST_RELATED, 1)
    backend.close()
