"""Logs and lists of several systems in one."""

from __future__ import annotations

from queuetui.backends.reading.sort_orders import NEWEST
from queuetui.model.event import Event, EventKind, EventPage
from queuetui.model.measured import absent
from queuetui.model.page import Page
from queuetui.model.text import Untrusted
from queuetui.monitor.side_by_side import merge_events, merge_pages
from tests.monitor.pictures import ago


def test_an_empty_page_that_goes_on_is_not_the_end() -> None:
    """Who has shown nothing yet and holds more ends no list, and is not said to be read to its end."""
    event = Event("1", ago(1), EventKind.JOB_CREATED, Untrusted("mail"), "j")
    logs = {"a": EventPage((), has_more=True), "b": EventPage((event,))}
    assert merge_events(logs) == ([("b", event)], True)
    assert merge_pages({"a": Page((), absent("not counted"), has_more=True)}, NEWEST) == ([], True)
