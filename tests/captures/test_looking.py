"""Looking at a capture changes nothing in it, and needs no right to."""

from __future__ import annotations

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import discover
from queuetui.model.event import EventRequest
from queuetui.model.histories import By
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from tests.backends.captures import Capture
from tests.captures.conftest import Folder


def read_everything(backend: Backend, *, each_job: bool = False) -> None:
    """Call every read of the contract, by default of one job of each state and type."""
    inspector = backend.inspector
    assert inspector.snapshot(Watch(page=PageRequest(parse_query("email")), exact=True)).problems == {}
    for text in ("", "is:stuck", "sort:-state", "sort:created word"):
        inspector.page(PageRequest(parse_query(text), 5), Limits())
    jobs = inspector.page(PageRequest(limit=1000), Limits()).jobs
    for job in jobs if each_job else {(one.state, one.type.raw): one for one in jobs}.values():
        inspector.get(job.ref.id)
        inspector.view(job.ref.id, 10)
        inspector.attempts(job.ref.id)
        inspector.find(job.ref.id[-6:])
    inspector.get_many(["nonsense"])
    inspector.identity()
    if backend.histories is not None:
        backend.histories.failure_groups(3600)
        backend.histories.tallies(3600, By.QUEUE)
    if backend.events is not None:
        backend.events.events(EventRequest(limit=3))
    if backend.upkeep is not None:
        backend.upkeep.tokens(10)
        for chore in backend.upkeep.chores:
            backend.upkeep.plan(chore, 0.0)
    if backend.examiner is not None:
        backend.examiner.examine(60)


def test_reading_changes_nothing(loaded: Capture, folder: Folder) -> None:
    """After every read of the contract, early and late, the store holds what it held."""
    before = folder.store.dump(loaded.url)
    for after_s in (1, folder.expectation.stuck_after_s):
        read_everything(loaded.open(after_s), each_job=after_s == 1)
    discover(loaded.url, BackendOptions())
    assert folder.store.dump(loaded.url) == before
