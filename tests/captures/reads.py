"""Every way to look at a capture."""

from __future__ import annotations

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import discover
from queuetui.model.event import EventRequest
from queuetui.model.histories import By, filter_of
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from tests.backends.captures import Capture
from tests.captures.conftest import Folder

# From the time of a capture back.
_EVER_S = 1e9


def read_everything(backend: Backend) -> None:
    """Call every read of the contract, those of a single job for one of each state and type."""
    inspector = backend.inspector
    assert inspector.snapshot(Watch(page=PageRequest(parse_query("email")), exact=True)).problems == {}
    for text in ("", "is:stuck", "sort:-state", "sort:created word"):
        inspector.page(PageRequest(parse_query(text), 5), Limits())
    jobs = inspector.page(PageRequest(limit=1000), Limits()).jobs
    for job in {(one.state, one.type.raw): one for one in jobs}.values():
        inspector.get(job.ref.id)
        inspector.view(job.ref.id, 10)
        inspector.attempts(job.ref.id)
        inspector.find(job.ref.id[-6:])
    inspector.get_many(["nonsense"])
    inspector.identity()
    if backend.histories is not None:
        for group in backend.histories.failure_groups(_EVER_S).value or ():
            assert len(inspector.page(PageRequest(parse_query(filter_of(group)), 1000), Limits()).jobs) == group.jobs
        backend.histories.tallies(3600, By.QUEUE)
    if backend.events is not None:
        backend.events.events(EventRequest(limit=3))
    if backend.upkeep is not None:
        backend.upkeep.tokens(10)
        for chore in backend.upkeep.chores:
            backend.upkeep.plan(chore, 0.0)
    if backend.examiner is not None:
        backend.examiner.examine(60)


def read_early_and_late(capture: Capture, folder: Folder) -> None:
    """Look for the system and call every read of the contract, before the time of a run is over and after it."""
    for after_s in (1, folder.expectation.stuck_after_s):
        read_everything(capture.open(after_s))
    discover(capture.url, BackendOptions())
    capture.close()
