"""No read of a console goes through a whole job table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from queuetui.backends.native.sql.database import Database
from queuetui.backends.native.sql.look.inspector import SqlInspector
from queuetui.model.clock import to_text
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.model.state import FINAL, State
from tests.backends.native.conftest import DIALECTS, open_own_queue
from tests.backends.native.seeds import Seed

QUERIES = (
    "",
    "is:stuck",
    "state:pending",
    "state:processing",
    "state:retrying",
    "state:scheduled,retrying",
    "state:failed",
    "state:completed type:Send1",
    "state:completed completed>2026-01-01T00:00:00Z",
    "state:failed completed<2026-01-01T00:00:00Z",
    "state:scheduled,retrying scheduled>2026-01-01T00:00:00Z",
    "queue:q1",
    "queue:q1 state:pending",
    "type:Send1",
    "attempts>=2",
    "correlation_id:c7",
    "correlation_id:00000000-0000-0000-0000-000000000007",
    "key:k7",
    "id:00000000-0000-0000-0000-000000000007",
    "payload.a:1",
    "sort:-attempts",
    "state:failed sort:completed",
)
SCANS = {
    "sqlite": re.compile(r"^SCAN queuetui_job(_done)?$"),
    "postgresql": re.compile(r"(Seq|Bitmap Heap) Scan on queuetui_job"),
    "mysql": re.compile(r" queuetui_job(_done)? ALL "),
}
SORTS = (
    re.compile(r"SCAN queuetui_job.*\n.*USE TEMP B-TREE FOR ORDER BY"),
    re.compile(r" queuetui_job(_done)? .*Using filesort"),
)
# A range that ends at a time, in the index of ended jobs.
BOUNDS = {
    "sqlite": re.compile(r"queue=\? AND done_at>\?"),
    "postgresql": re.compile(r"Index Cond: .*done_at > "),
}
EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN (COSTS OFF) ", "mysql": "EXPLAIN "}
ANALYSE = {"mysql": "analyze table queuetui_job, queuetui_job_done"}


@pytest.fixture(scope="module", params=DIALECTS)
def crowded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A queue with enough jobs that a planner who may choose would read small parts through indexes."""
    with open_own_queue(request, tmp_path_factory, request.param) as backend:
        crowd(backend.database)
        yield backend.database


def crowd(database: Database) -> None:
    """Store the jobs, and let the planner count them."""
    seed = Seed(database, datetime.now(UTC))
    kept = [state for state in State if state is not State.BLOCKED]
    rows = [
        {
            "state": kept[number % 7],
            "queue": f"q{number % 5}",
            "type": f"Send{number % 9}",
            "priority": number % 3,
            "due_at": seed.ago(900 + number),
            "claimed_at": seed.ago(number),
            "correlation_id": f"c{number}",
            **({"done_at": seed.ago(number)} if kept[number % 7] in FINAL else {}),
        }
        for number in range(7000)
    ]
    seed.jobs(*rows)
    seed.worker("w", ["q1"])
    with database.writing("analysing") as connection:
        connection.execute(text(ANALYSE.get(database.dialect, "analyze")))


@contextmanager
def explained(database: Database, table: str = "queuetui_job") -> Iterator[list[tuple[str, str]]]:
    """Collect each statement that reads a job table, or another, with its plan."""
    plans: list[tuple[str, str]] = []
    with database.reading("finding the engine") as connection:
        engine = connection.engine
    first = 0 if database.dialect == "mysql" else -1

    def explain(connection: Connection, _cursor: object, statement: str, values: Mapping[str, Any], *_: object) -> None:
        if table in statement:
            with closing(connection.connection.cursor()) as cursor:
                limit, told, limited = (
                    statement.partition(" FOR ") if statement.startswith("SET STATEMENT") else ("", "", statement)
                )
                cursor.execute(limit + told + EXPLAIN[database.dialect] + limited, values)
                plans.append((statement, "\n".join(" ".join(map(str, row[first:])) for row in cursor.fetchall())))

    event.listen(engine, "before_cursor_execute", explain)
    try:
        yield plans
    finally:
        event.remove(engine, "before_cursor_execute", explain)


def whole_scans(database: Database, plans: list[tuple[str, str]]) -> list[str]:
    """Return the steps that read a job table from end to end."""
    scan = SCANS[database.dialect]
    # SQLite keeps live jobs in the order of their ids: a walk along these that a limit ends is called a scan too.
    walks = database.dialect == "sqlite"
    return [
        line
        for statement, plan in plans
        for line in plan.splitlines()
        if scan.search(line.strip()) and not (walks and " LIMIT " in statement and line.strip() == "SCAN queuetui_job")
    ]


def test_the_search_for_scans_finds_one(crowded: Database) -> None:
    """A statement that reads the whole table is told from the others."""
    with explained(crowded) as plans, crowded.reading("scanning") as connection:
        connection.execute(text("select sum(lost) from queuetui_job"))
    assert len(whole_scans(crowded, plans)) == 1


def test_a_tick_scans_no_job_table(crowded: Database) -> None:
    """Every statement of a snapshot goes through an index."""
    with explained(crowded) as plans:
        snapshot = SqlInspector(crowded).snapshot(Watch(page=PageRequest()))
    assert snapshot.problems == {}
    assert len(plans) >= 9
    assert whole_scans(crowded, plans) == []


def test_a_page_scans_no_job_table(crowded: Database) -> None:
    """Every statement of a page, the first and the next, goes through an index, and sorts no whole table."""
    inspector = SqlInspector(crowded)
    faults = {}
    for query in QUERIES:
        with explained(crowded) as plans:
            page = inspector.page(PageRequest(parse_query(query), 20), Limits())
            if page.last is not None:
                inspector.page(PageRequest(parse_query(query), 20, page.last), Limits())
        assert plans
        faults[query] = whole_scans(crowded, plans)
        # What is being processed is few, and sorted; on MySQL also where all states of a queue are asked for.
        if not {"processing", "stuck"} & set(re.split(r"\W", query)) and (crowded.dialect, query) != (
            "mysql",
            "queue:q1",
        ):
            faults[query] += [plan for _, plan in plans if any(sort.search(plan) for sort in SORTS)]
    assert {query: found for query, found in faults.items() if found} == {}


def test_a_time_ends_the_range_that_is_read(crowded: Database) -> None:
    """Beyond it may stand any number of jobs that were deleted, which a server passes over one by one until it is vacuumed."""
    since = to_text(datetime.now(UTC) - timedelta(seconds=600))
    with explained(crowded, "queuetui_job_done") as plans:
        SqlInspector(crowded).page(PageRequest(parse_query(f"queue:q1 state:completed completed>{since}"), 1), Limits())
    read = [plan for statement, plan in plans if "done_at >" in statement]
    assert read
    if crowded.dialect in BOUNDS:
        assert [plan for plan in read if BOUNDS[crowded.dialect].search(plan) is None] == []


def test_single_jobs_are_found_through_an_index(crowded: Database) -> None:
    """Ids and their ends are looked up, never looked for."""
    inspector = SqlInspector(crowded)
    (job,) = inspector.page(PageRequest(limit=1), Limits()).jobs
    with explained(crowded) as plans:
        inspector.get(job.ref.id)
        inspector.find(job.ref.id[-6:])
    assert whole_scans(crowded, plans) == []
