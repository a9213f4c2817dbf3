"""Jobs are found by the end of their id without an index on ends."""

from __future__ import annotations

import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.backends.native.redis import short_id_search
from queuetui.model.job_id import new_job_id, spans_ending_in, time_ms
from tests.conformance.scenes import add_one, run

DAY_MS = 86_400_000


@pytest.mark.parametrize("ended", [False, True])
def test_a_short_id_finds_an_old_job(backend: NativeBackend, monkeypatch: pytest.MonkeyPatch, *, ended: bool) -> None:
    """Six digits find a job that is not among the newest, through its time; fewer only look among the newest."""
    old = add_one(backend, id=new_job_id())
    if ended:
        run(backend)
    for _ in range(5):
        add_one(backend, id=new_job_id())
    monkeypatch.setattr(short_id_search, "MOST_LOOKED", 3)
    assert [ref.id for ref in backend.inspector.find(old[-6:]).refs] == [old]
    assert backend.inspector.find(old[-6:].upper()).refs == (backend.inspector.get(old).ref,)
    search = backend.inspector.find(old[-3:])
    assert (search.refs, search.looked) == ((), 3)
    assert [ref.id for ref in backend.inspector.find(old[-3:], after=search.reached).refs] == [old]
    assert backend.inspector.find(f"{int(old[-6:], 16) ^ 1:06x}").refs == ()


def test_what_lies_far_back_is_looked_for_in_batches(backend: NativeBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the server goes over a bounded number of spans, and a job of weeks ago is still found."""
    monkeypatch.setattr(short_id_search, "MOST_LOOKED", 1)
    monkeypatch.setattr(short_id_search, "SPANS_A_LOOK", 100)
    now_ms, tail = time_ms(new_job_id()), "a3f09c"
    *_, (low, _) = spans_ending_in(tail, now_ms - 20 * DAY_MS, now_ms - 21 * DAY_MS)
    old = add_one(backend, id=f"{low[:18]}-8000-000000{tail}")
    add_one(backend, id=new_job_id())
    assert [ref.id for ref in backend.inspector.find(tail).refs] == [old]
