"""How far the Laravel inspector looks in large tables, and how paging goes on."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import FromClause, func, select

from queuetui.backends.base import BackendOptions, iterate
from queuetui.backends.discover import open_backend
from queuetui.backends.sql.budget import fetch_within
from queuetui.backends.tables import streams
from queuetui.backends.tables.inspector import TablesInspector
from queuetui.backends.tables.sizes import Sizes
from queuetui.model.errors import NotFound, Stale
from queuetui.model.limits import Limits
from queuetui.model.measured import Exactness
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.model.state import State
from tests.backends.captures import Capture, query, run_script
from tests.backends.laravel.acts import listed
from tests.backends.laravel.tables import FILL, JOBS_TABLE


def test_a_count_past_its_budget_is_an_estimate_of_the_whole(capture: Capture) -> None:
    """What the server does not count in its time is scaled from a sample and marked; asked for exactly it is counted."""
    query(capture.url, FILL)
    query(capture.url, "DELETE FROM jobs WHERE id > 9000 AND id < 12000")
    backend = capture.open()
    (true,) = query(capture.url, "SELECT count(*), sum(CASE WHEN queue = 'sync' THEN 1 ELSE 0 END) FROM jobs")[0:1]
    assert isinstance(backend.inspector, TablesInspector)
    backend.inspector.counters["job"].retry_at = float("inf")
    guessed = backend.inspector.snapshot(Watch())
    sync = next(queue for queue in guessed.queues if queue.name.raw == "sync").counts[State.PENDING]
    assert (guessed.total.exactness, sync.exactness) == (Exactness.ESTIMATED, Exactness.ESTIMATED)
    assert guessed.total.value == pytest.approx(true[0] + 3, rel=0.05)
    assert sync.value == pytest.approx(int(true[1]), rel=0.1)
    assert guessed.counts[State.FAILED].value == 3
    exact = backend.inspector.snapshot(Watch(exact=True))
    assert (exact.total.value, exact.total.exactness) == (true[0] + 3, Exactness.EXACT)


def test_a_statement_past_its_budget_leaves_the_transaction_as_it_was(capture: Capture) -> None:
    """The server itself ends a statement that takes too long, and what comes next in the transaction is answered."""
    backend = capture.open()
    assert isinstance(backend.inspector, TablesInspector)
    jobs = backend.inspector.product.sources[0].rows
    crossed: FromClause = jobs
    for place in range(8):
        more = jobs.alias(f"j{place}")
        crossed = crossed.join(more, more.c.id < jobs.c.id + 10**9)
    endless = select(func.count()).select_from(crossed)
    with backend.inspector.database.reading("looking") as connection:
        assert fetch_within(connection, endless, 0.01) is None
        assert connection.execute(select(func.count()).select_from(jobs)).scalar_one() == 14
        assert fetch_within(connection, select(func.count()).select_from(jobs), 60.0) == [(14,)]


def test_a_page_by_key_of_a_large_table_is_bounded(capture: Capture) -> None:
    """What matches is counted up to the cap, and an order without an index of too many rows is that of their keys, with a note."""
    query(capture.url, FILL)
    backend = capture.open()
    total = backend.inspector.page(PageRequest(), Limits()).total
    assert (total.value, total.exactness) == (10_000, Exactness.CAPPED)
    assert isinstance(backend.inspector, TablesInspector)
    backend.inspector.sizes = Sizes(sorted_rows=100)
    page = backend.inspector.page(PageRequest(parse_query("sort:queue"), 5), Limits())
    assert any("order of their keys" in note for note in page.notes)


def test_a_rare_match_is_found_by_going_on(sqlite_url: str) -> None:
    """A filter read out of payloads looks at a bounded part a page, says so, and reaches the end over several pages."""
    run_script(
        sqlite_url,
        JOBS_TABLE.format(name="jobs")
        + "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000) "
        "INSERT INTO jobs SELECT i, 'mail', CASE WHEN i = 3 THEN 'needle' ELSE '{}' END, 0, NULL, 1, 1 FROM n;",
    )
    backend = open_backend(sqlite_url, BackendOptions())
    first = backend.inspector.page(PageRequest(parse_query("payload~needle")), Limits())
    assert (first.jobs, first.has_more) == ((), True)
    assert any("looked through" in note for note in first.notes)
    assert first.total.exactness is Exactness.CAPPED
    assert [job.ref.id for job in iterate(backend.inspector, parse_query("payload~needle"), Limits())] == ["job-3"]
    backend.close()


def test_a_filter_looks_at_a_bounded_part_and_goes_on_from_there(
    capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no time at all each page gets on by one window, says how far it came, and paging on finds each match once."""
    monkeypatch.setattr(streams, "DIRECT_S", 0.0)
    monkeypatch.setattr(streams, "WINDOWS_S", 0.0)
    monkeypatch.setattr(streams, "WINDOW_ROWS", 3)
    query(capture.url, FILL)
    query(capture.url, "DELETE FROM jobs WHERE id > 60")
    query(capture.url, "UPDATE jobs SET queue = 'rare' WHERE id IN (20, 21, 40)")
    backend = capture.open()
    first = backend.inspector.page(PageRequest(parse_query("queue:rare")), Limits())
    assert (first.has_more, bool(first.looked)) == (True, True)
    assert any("looked through" in note for note in first.notes)
    assert len(listed(capture, "queue:rare")) == len(query(capture.url, "SELECT id FROM jobs WHERE queue = 'rare'"))
    last = backend.inspector.page(PageRequest(parse_query("queue:rare"), backward=True), Limits())
    assert last.has_more


def test_an_id_is_looked_for_by_keys_first_and_then_among_the_newest(
    capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed job's uuid is found by its key at once; a search that did not come to the end says how far it came."""
    monkeypatch.setattr(streams, "DIRECT_S", 0.0)
    monkeypatch.setattr(streams, "WINDOWS_S", 0.0)
    monkeypatch.setattr(streams, "WINDOW_ROWS", 1)
    failed = next(job_id for job_id, truth in capture.stored.items() if truth["state"] == "failed")
    query(capture.url, FILL)
    backend = capture.open()
    assert [ref.id for ref in backend.inspector.find(failed).refs] == [failed]
    assert backend.inspector.get(failed).ref.id == failed
    nobody = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(NotFound, match="looked through"):
        backend.inspector.get(nobody)
    search = backend.inspector.find(nobody[-8:])
    assert (search.refs, search.reached is not None) == ((), True)
    assert "looked through" in search.note
    monkeypatch.setattr(streams, "WINDOWS_S", 600.0)
    monkeypatch.setattr(streams, "WINDOW_ROWS", 10_000)
    search = backend.inspector.find(nobody[-8:])
    assert (search.refs, search.reached, search.note) == ((), None, "")


def test_a_new_row_does_not_shift_a_page(capture: Capture) -> None:
    """A job that arrives between two pages neither repeats nor hides one of the others."""
    backend = capture.open()
    first = backend.inspector.page(PageRequest(limit=4), Limits())
    query(
        capture.url,
        "INSERT INTO jobs (queue, payload, attempts, available_at, created_at) VALUES ('new', '{}', 0, 1, 1)",
    )
    second = backend.inspector.page(PageRequest(limit=4, cursor=first.last), Limits())
    seen = Counter(job.ref.id for job in (*first.jobs, *second.jobs))
    assert set(seen.values()) == {1}
    assert set(seen) <= set(capture.stored)


def test_a_broken_cursor_is_refused(capture: Capture) -> None:
    """A cursor that this backend did not write is told so instead of starting anywhere."""
    for cursor in ("x", "bm9wZQ==", "eyJqb2IiOiAxfQ=="):
        with pytest.raises(Stale):
            capture.open().inspector.page(replace(PageRequest(), cursor=cursor), Limits())
