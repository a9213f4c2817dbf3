"""The schedules that a product's store keeps are listed as it keeps them, and cannot be changed."""

from __future__ import annotations

from queuetui.backends.schedules import ScheduleStore
from queuetui.model.act import Verb
from tests.backends.captures import Capture, query
from tests.captures.conftest import Folder


def MEANT(folder: Folder) -> bool:  # noqa: N802 - read by conftest
    """Tell whether schedules of a capture are known."""
    return _title(folder) in folder.expectation.schedules


def test_schedules_are_listed_as_they_are_stored(folder: Folder, fresh: Capture) -> None:
    """Name, type, queue, when, the next slot, the last one with its job; the verbs are absent with a reason."""
    if folder.expectation.scheduling:
        query(fresh.url, folder.expectation.scheduling)
    backend = fresh.open()
    assert backend.schedules is not None
    reading = backend.schedules.schedules()
    assert reading.kept == folder.expectation.schedules[_title(folder)]
    capabilities = backend.inspector.capabilities
    assert capabilities.schedules
    assert not isinstance(backend.schedules, ScheduleStore)
    assert all(capabilities.why_not(verb) for verb in (Verb.SCHEDULE, Verb.UNSCHEDULE, Verb.RUN))


def _title(folder: Folder) -> str:
    return f"{folder.path.name}-{folder.name}"
