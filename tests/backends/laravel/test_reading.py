"""What the Laravel inspector shows, and how far it looks."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import FromClause, func, select

from queuetui.backends.base import BackendOptions, iterate
from queuetui.backends.discover import discover, open_backend
from queuetui.backends.sql.budget import fetch_within
from queuetui.backends.tables import streams
from queuetui.backends.tables.inspector import TablesInspector
from queuetui.backends.tables.sizes import Sizes
from queuetui.model.errors import BadConfig, Denied, NotFound, Stale, Unsupported
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.measured import Exactness
from queuetui.model.page import Handling, PageRequest
from queuetui.model.query import Query
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.model.state import State
from tests.backends.captures import Capture, query, run_script, sqlite_path
from tests.zoo import ZOO

JOBS_TABLE = (
    "CREATE TABLE {name} (id integer primary key autoincrement, queue varchar not null, payload text not null, attempts integer"
    " not null, reserved_at integer, available_at integer not null, created_at integer not null);"
)
FAILED_TABLE = (
    "CREATE TABLE {name} (id integer primary key autoincrement, connection text not null, queue text not null,"
    " payload text not null, exception text not null, failed_at datetime not null);"
)


def listed(capture: Capture, text: str = "", limits: Limits | None = None) -> list[Job]:
    """List all that matches a filter, page by page."""
    return list(iterate(capture.open().inspector, parse_query(text), limits or Limits()))


def encoded(text: str) -> bytes:
    """Return the bytes of a text that may hold half a surrogate pair."""
    return text.encode("utf-8", "surrogatepass")


def test_display_names_are_the_types(capture: Capture) -> None:
    """The type is the display name: the class, and for a closure where it was written."""
    types = {job.ref.id: job.type.raw for job in listed(capture)}
    for job_id, truth in capture.stored.items():
        if truth["job"] == "Closure":
            assert types[job_id].startswith("Closure (")
        else:
            assert types[job_id] == truth["job"]


def test_the_command_is_shown_as_data(capture: Capture) -> None:
    """A failed card charge shows its private and protected properties, its tries and its error's message."""
    job = listed(capture, "state:failed payload.orderId:1001")[0]
    assert job.data is not None
    assert job.data.raw == "orderId 1001 amountCents 2599"
    assert job.max_attempts == 2
    assert job.error is not None
    assert job.error.message.raw == "Card declined for order 1001 (naïve “quotes” ✓)"
    whole = capture.open().inspector.get(job.ref.id)
    assert whole.error is not None
    assert whole.error.traceback.raw.endswith("{main}")
    shown = json.loads(job.payload.raw)
    assert shown["data"]["command"]["orderId"] == 1001


def test_remarks_say_what_a_person_must_know(capture: Capture) -> None:
    """Encryption, a chain, a unique lock, a batch and guessed attempts are told in our own words."""
    said = {truth["job"]: set[str]() for truth in capture.stored.values()}
    for job in listed(capture):
        said[capture.stored[job.ref.id]["job"]].update(job.remarks)
    text = {name: " ".join(remarks) for name, remarks in said.items()}
    assert "encrypted" in text["App\\Jobs\\SecretJob"]
    assert "(encrypted)" in {job.data and job.data.raw for job in listed(capture)}
    assert "chain" in text["App\\Jobs\\SendWelcomeEmail"]
    assert "unique" in text["App\\Jobs\\UniqueJob"]
    assert capture.truth["batches"][0]["id"] in text["App\\Jobs\\SlowReport"]
    assert "attempts are what it was allowed" in text["App\\Jobs\\ChargeCard"]


def test_a_member_shows_its_batch(capture: Capture) -> None:
    """Opening a job of a batch tells the batch's name, its state and its counters as stored."""
    backend = capture.open()
    member = next(job_id for job_id, truth in capture.stored.items() if "batch" in truth.get("note", ""))
    said = "its batch 'Import CSV' is open: 3 jobs, 1 pending, 1 failures counted"
    assert said in backend.inspector.get(member).remarks
    query(capture.url, "UPDATE job_batches SET cancelled_at = 5")
    assert said.replace("open", "cancelled") in backend.inspector.get(member).remarks
    query(capture.url, "DELETE FROM job_batches")
    assert not any(remark.startswith("its batch") for remark in backend.inspector.get(member).remarks)


def test_the_latest_dead_letters_come_first(capture: Capture) -> None:
    """A snapshot's failures are the newest failed jobs, at most as many as asked for."""
    failures = capture.open().inspector.snapshot(Watch(failures=2)).failures
    rows = [capture.stored[job.ref.id]["row_id"] for job in failures]
    assert (
        rows == sorted((job["row_id"] for job in capture.stored.values() if job["state"] == "failed"), reverse=True)[:2]
    )
    assert all(job.error is not None and job.error.class_name.raw for job in failures)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("payload.orderId:1001", 2),
        ("payload.data.command.orderId:1001", 2),
        ('error~"card declined"', 2),
        ("data~later1", 1),
        ("type:*Slow*", 2),
        ("queue:high state:pending", 2),
        ("-queue:high state:pending", 8),
        ("attempts>=1", 5),
        ("scheduled>2026-11-22T04:00:00Z", 3),
        ("running>=0s", 1),
        ("is:live -is:waiting", 1),
        ("welcome", 9),
    ],
)
def test_filters_find_what_they_say(read_capture: Capture, text: str, number: int) -> None:
    """Filters answered by the database and filters read out of payloads give the jobs they describe."""
    found = listed(read_capture, text)
    assert len(found) == number
    page = read_capture.open().inspector.page(PageRequest(parse_query(text)), Limits())
    assert (page.total.value, page.total.exactness) == (number, Exactness.EXACT)


def test_a_filter_on_what_laravel_lacks_is_refused(capture: Capture) -> None:
    """A term on workers is refused with its reason, alone and as one part of a snapshot that else succeeds."""
    backend = capture.open()
    asked = PageRequest(parse_query("worker:web-1"))
    with pytest.raises(Unsupported, match="worker"):
        backend.inspector.page(asked, Limits())
    snapshot = backend.inspector.snapshot(Watch(page=asked))
    assert "worker" in snapshot.problems["page"]
    assert snapshot.page is None
    assert snapshot.total.value == len(capture.stored)


def test_the_plan_tells_how_each_term_is_answered(capture: Capture) -> None:
    """Terms are pushed down, residual or refused, and those not pushed down say why."""
    planned = capture.open().inspector.plan(parse_query("state:failed queue:a queue:a* is:stuck payload.x:1 worker:w"))
    assert [one.handling for one in planned] == [
        Handling.PUSHED,
        Handling.PUSHED,
        Handling.PUSHED,
        Handling.PUSHED,
        Handling.RESIDUAL,
        Handling.REFUSED,
    ]
    assert all(bool(one.why) == (one.handling is not Handling.PUSHED) for one in planned)


def test_limits_of_queues_and_types_decide_stuck(capture: Capture) -> None:
    """A queue's or a type's own limit makes a reserved job stuck sooner, or later, than the floor."""
    cases = [
        (Limits(per_queue_s={"default": 1}), 1),
        (Limits(per_queue_s={"high": 1}), 0),
        (Limits(stuck_after_s=1, per_type_s={"App\\Jobs\\SlowReport": 600}), 0),
        (Limits(per_type_s={"App\\Jobs\\SlowReport": 1}), 1),
        (Limits(stuck_after_s=1, learned_s={"App\\Jobs\\SlowReport": 600}), 0),
        (Limits(stuck_after_s=1, learned_s={"App\\Jobs\\Other": 600}), 1),
        (Limits(learned_s={"App\\Jobs\\SlowReport": 1}), 0),
    ]
    backend = capture.open(after_s=5)
    for limits, number in cases:
        assert len(list(iterate(backend.inspector, parse_query("is:stuck"), limits))) == number, limits


def test_renamed_tables_are_found(sqlite_url: str) -> None:
    """Tables behind a prefix are found by their columns, an old failed_jobs without uuid among them."""
    run_script(sqlite_url, JOBS_TABLE.format(name="shop_jobs") + FAILED_TABLE.format(name="shop_failed_jobs"))
    query(sqlite_url, "INSERT INTO shop_jobs VALUES (7, 'mail', 'x', 0, NULL, 1, 1)")
    query(
        sqlite_url, "INSERT INTO shop_failed_jobs VALUES (8, 'redis', 'mail', '{}', 'Oops: no', '2026-01-01 00:00:00')"
    )
    (found,) = discover(sqlite_url, BackendOptions())
    assert (found.kind, found.queues, found.jobs and found.jobs.value) == ("laravel", 1, 2)
    assert found.detail == "tables shop_jobs, shop_failed_jobs"
    backend = open_backend(sqlite_url, BackendOptions())
    assert {job.ref.id: job.state for job in iterate(backend.inspector, Query(), Limits())} == {
        "job-7": State.PENDING,
        "failed-8": State.FAILED,
    }
    assert backend.inspector.get("failed-8").ref.id == "failed-8"
    backend.close()


def test_a_database_without_a_queue_is_not_one(sqlite_url: str) -> None:
    """A database with other tables has no Laravel queue, and the error says what was looked for."""
    run_script(sqlite_url, "CREATE TABLE jobs (id integer primary key, title text); CREATE TABLE users (id integer);")
    assert discover(sqlite_url, BackendOptions()) == ()
    with pytest.raises(NotFound, match="failed_jobs"):
        open_backend(sqlite_url, BackendOptions())


def test_a_wrong_time_zone_is_a_broken_setting(capture: Capture) -> None:
    """An unknown zone names its setting; a known one moves failed_at, and only that."""
    with pytest.raises(BadConfig) as broken:
        capture.open(timezone="Mars/Olympus")
    assert broken.value.path == "laravel.timezone"
    plain, moved = (
        backend.inspector.snapshot(Watch()).failures[0].completed_at
        for backend in (capture.open(), capture.open(timezone="America/New_York"))
    )
    assert plain is not None
    assert moved is not None
    assert (moved - plain).total_seconds() == 5 * 3600


LONG = 100_000


def test_hostile_rows_are_shown_beside_the_others(sqlite_url: str) -> None:
    """Every text of the zoo as payload, name, queue and exception gives a job, and no exception."""
    run_script(sqlite_url, JOBS_TABLE.format(name="jobs") + FAILED_TABLE.format(name="failed_jobs"))
    rows = []
    for text in ZOO.values():
        named = json.dumps({"uuid": text, "displayName": text, "maxTries": 2**70, "data": {"command": text}})
        # What is megabytes long is so in one place.
        payloads = (text, named) if len(text) < LONG else (text,)
        rows += [(encoded(text[:LONG]), encoded(payload)) for payload in payloads]
    with sqlite3.connect(sqlite_path(sqlite_url)) as file:
        taken = "INSERT INTO jobs VALUES (NULL, CAST(?1 AS TEXT), CAST(?2 AS TEXT), 0, NULL, 1, 1)"
        given_up = (
            "INSERT INTO failed_jobs VALUES "
            "(NULL, CAST(?1 AS TEXT), CAST(?1 AS TEXT), CAST(?2 AS TEXT), CAST(?1 AS TEXT), 'x')"
        )
        file.executemany(taken, rows)
        file.executemany(given_up, rows)
        file.execute("INSERT INTO jobs VALUES (NULL, x'ff00fe', x'ff00fe', 'many', 1e30, -5, 99999999999999999)")
    file.close()
    # A busy machine takes its time.
    backend = open_backend(sqlite_url, BackendOptions(statement_timeout_s=120))
    jobs = list(iterate(backend.inspector, Query(), Limits(), 50))
    assert len(jobs) == 2 * len(rows) + 1
    assert all(len(job.payload) <= 2048 for job in jobs)
    assert len({job.ref.id for job in jobs}) == len(jobs)
    for job in jobs[:: len(ZOO) // 4]:
        assert backend.inspector.get(job.ref.id).ref == job.ref
    snapshot = backend.inspector.snapshot(Watch(page=PageRequest(parse_query("payload~a"))))
    assert snapshot.problems == {}
    backend.close()


FILL = (
    "INSERT INTO jobs (queue, payload, attempts, reserved_at, available_at, created_at) "
    "WITH digits(i) AS (SELECT 0 UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 "
    "UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) "
    "SELECT CASE WHEN c.i < 2 THEN 'mail' ELSE 'sync' END, '{}', 0, NULL, 1, 1 "
    "FROM digits a, digits b, digits c, digits d, digits e WHERE e.i < 2"
)


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


def test_reading_connections_cannot_write(capture: Capture) -> None:
    """The connection that reads is refused by the server itself when it tries to write."""
    backend = capture.open()
    assert isinstance(backend.inspector, TablesInspector)
    with pytest.raises(Denied), backend.inspector.database.reading("writing by mistake") as connection:
        connection.exec_driver_sql("DELETE FROM jobs")
    assert query(capture.url, "SELECT count(*) FROM jobs")[0][0] == 14
