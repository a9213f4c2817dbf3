"""Whose lock keeps a due job from the workers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.model.state import State
from tests.conformance.scenes import add_one


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_the_lock_on_a_due_job_is_told(backend: NativeBackend, url: str) -> None:
    """A pending job's, and one's that was put off and is due, as no worker makes it pending; of one that is not due, none is."""
    pending, due = add_one(backend), add_one(backend, delay_s=60.0)
    ahead = add_one(backend, at=datetime.now(UTC) + timedelta(days=1))
    with psycopg.connect(url, application_name="holder") as other:
        past = "UPDATE queuetui_job SET due_at = now() - interval '1 hour' WHERE id = %s"
        other.execute(past, (due,))
        other.commit()
        other.execute("SELECT 1 FROM queuetui_job FOR UPDATE")
        views = [backend.inspector.view(one, 0) for one in (pending, due, ahead)]
    assert [view.job.state for view in views] == [State.PENDING, State.SCHEDULED, State.SCHEDULED]
    told = [view.lock.application if view.lock is not None else None for view in views]
    assert [None if one is None else one.raw for one in told] == ["holder", "holder", None]
