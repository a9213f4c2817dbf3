"""Tables with more rows than the server sorts, where ids tell nothing of time: what is taken for the newest is it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from hashlib import md5

import pytest

from queuetui.backends.tables import sizes
from queuetui.backends.tables.inspector import TablesInspector
from queuetui.backends.tables.sizes import Sizes
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.model.text import Untrusted
from queuetui.monitor.diagnosis.facts import gather_facts
from queuetui.monitor.queue_signs import QueueSigns, Untold
from tests.backends.captures import run_script
from tests.backends.rights.sql_users import load_dump

# Two jobs a second, the last of which failed 1.5 s ago.
FILL = """
delete from public.saq_jobs;
insert into public.saq_jobs (key, job, queue, status, scheduled)
select md5(n::text), convert_to(replace(json_build_object(
    'function', 'f', 'kwargs', '{{}}'::json, 'queue', 'mail', 'key', md5(n::text), 'attempts', 1,
    'queued', {at_ms} - n * 500 - 9, 'started', {at_ms} - n * 500 - 5, 'completed', {at_ms} - n * 500,
    'status', said)::text, ' : ', ': '), 'utf8'),
    'mail', said, {at_ms} / 1000 - 900
from generate_series(1, 5010) n, lateral (select (array['failed', 'complete', 'queued'])[n % 3 + 1] as said) as state;
"""


@pytest.fixture
def inspector(postgres_url: str) -> Iterator[TablesInspector]:
    """SAQ's jobs, whose keys are in no order of time."""
    with closing(load_dump("saq-pg", "saq-pg", postgres_url)) as loaded:
        run_script(postgres_url, FILL.format(at_ms=int(loaded.captured_at.timestamp() * 1000)))
        found = loaded.open().inspector
        assert isinstance(found, TablesInspector)
        yield found


def test_a_table_that_is_not_counted_in_time_is_not_called_large(
    inspector: TablesInspector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its jobs come in the order of their keys, and the page says why without a number that nobody counted."""
    monkeypatch.setattr(sizes, "fetch_within", lambda *_: None)
    notes = inspector.page(PageRequest(parse_query("sort:-completed"), 3), Limits()).notes
    assert any("could not be counted in 0.1 s" in note and "order of their keys" in note for note in notes)
    assert not any("200,000" in note for note in notes)


@pytest.mark.parametrize("is_sorted", [True, False])
def test_what_is_taken_for_the_newest_is_the_newest(inspector: TablesInspector, is_sorted: bool) -> None:
    """Only the order that nobody asked for is given up for its cost; where an order cannot be had nothing is concluded from it."""
    if not is_sorted:
        inspector.sizes = Sizes(sorted_rows=100)
    asked = inspector.page(PageRequest(parse_query("state:failed sort:-completed"), 3), Limits())
    snapshot = inspector.snapshot(Watch(PageRequest(), failures=3))
    newest = [md5(number, usedforsecurity=False).hexdigest() for number in (b"3", b"6", b"9")]
    assert (asked.is_sorted, snapshot.has_latest_failures) == (is_sorted, is_sorted)
    for jobs in (asked.jobs, snapshot.failures):
        assert ([job.ref.id for job in jobs] == newest) is is_sorted
    assert snapshot.page is not None
    most = "5,000" if is_sorted else "100"
    assert any(f"over {most} rows" in note for note in snapshot.page.notes)
    signs, facts = QueueSigns(inspector), gather_facts(snapshot, {}, Limits(), inspector.capabilities, {})
    assert signs.has_ended(Untrusted("mail"), facts, 60)
    assert not signs.has_ended(Untrusted("mail"), facts, 0.1)
    if is_sorted:
        ends = signs.ends(Untrusted("mail"), Limits())
        assert ends is not None
        assert set(ends.first).isdisjoint(ends.last)
    else:
        with pytest.raises(Untold):
            signs.ends(Untrusted("mail"), Limits())
