"""Rows counted by what they are: whole within a budget of the server's time, else scaled from a part."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import BigInteger, Connection, Text, case, column, table

from queuetui.backends.sql import tallies
from queuetui.backends.sql.clock import read_clock
from queuetui.backends.sql.console_connection import open_database
from queuetui.backends.sql.estimates import estimate_rows
from queuetui.backends.sql.groups import Grouping
from queuetui.backends.sql.tallies import BudgetedCounter, Tallies
from queuetui.model.measured import Exactness
from tests.backends.captures import run_script

NOW = datetime(2026, 11, 1, tzinfo=UTC)
DIGITS = " UNION ALL ".join(f"SELECT {digit}{' AS i' if digit == 0 else ''}" for digit in range(10))
NUMBERS = (
    f"SELECT a.i + 10 * b.i + 100 * c.i + 1000 * d.i + 10000 * e.i AS n FROM ({DIGITS}) a, ({DIGITS}) b, ({DIGITS}) c, "
    f"({DIGITS}) d, ({DIGITS}) e WHERE e.i < 2"
)
QUEUE = "CASE WHEN n % 4 = 0 THEN 'mail' ELSE 'sync' END"
# Every tenth row is hidden, as rows of another's are.
FILLS = {
    "numbers": f"CREATE TABLE work (id BIGINT PRIMARY KEY, queue VARCHAR(20), n INT);\n"
    f"INSERT INTO work SELECT n * 3, {QUEUE}, n FROM ({NUMBERS}) t;\n",
    "texts": (
        "CREATE TABLE work (id VARCHAR(40) PRIMARY KEY, queue VARCHAR(20), n INT);\n"
        f"INSERT INTO work SELECT concat('x', (n * 7919) % 20011), {QUEUE}, n FROM ({NUMBERS}) t;\n"
    ),
}
STORES = ["sqlite", "postgres", "mysql"]


@pytest.fixture(params=STORES)
def url(request: pytest.FixtureRequest) -> str:
    """An empty database on each server in turn."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@contextmanager
def looking(url: str) -> Iterator[Connection]:
    """Open a console's reading transaction."""
    database = open_database(url, 30, 30)
    try:
        with database.reading("looking") as connection:
            yield connection
    finally:
        database.close()


def group(*, numbered: bool) -> Grouping:
    """Group the table's rows by queue, hidden ones left out."""
    rows = table("work", column("id", BigInteger if numbered else Text), column("queue", Text), column("n", BigInteger))
    is_even = case((rows.c.n % 2 == 0, 1), else_=0)
    return Grouping(rows, rows.c.id, (rows.c.queue,), (is_even,), (rows.c.n,), where=rows.c.n % 10 != 1)


def told(found: Tallies) -> dict[str, tuple[int, int]]:
    """Return number and sum by queue."""
    return {one.groups[0]: (one.number, one.sums[0]) for one in found.groups}


def test_rows_are_counted_whole_within_the_budget(url: str) -> None:
    """A count that the server does in its time is exact; the next look is told how old it is."""
    run_script(url, FILLS["numbers"])
    counter = BudgetedCounter()
    with looking(url) as connection:
        found = counter.read(connection, group(numbered=True), NOW, budget_s=30)
        assert told(found) == {"mail": (5000, 5000), "sync": (13000, 5000)}
        assert {one.groups[0]: one.lows for one in found.groups} == {"mail": (0,), "sync": (2,)}
        assert found.measure(18000, NOW).exactness is Exactness.EXACT
        later = counter.read(connection, group(numbered=True), NOW.replace(hour=1), budget_s=30)
    aged = later.measure(18000, NOW.replace(hour=1))
    assert (aged.exactness, aged.as_of) == (Exactness.CACHED, NOW)


@pytest.mark.parametrize("fill", ["numbers", "texts"])
def test_a_part_stands_for_the_whole(url: str, fill: str) -> None:
    """Past the budget a sample is scaled to all rows, whatever their keys are and however many of them are hidden."""
    if fill == "texts" and url.startswith("sqlite"):
        run_script(url, FILLS[fill].replace("concat('x', (n * 7919) % 20011)", "'x' || ((n * 7919) % 20011)"))
    else:
        run_script(url, FILLS[fill])
    counter = BudgetedCounter(retry_at=float("inf"))
    with looking(url) as connection:
        guessed = counter.read(connection, group(numbered=fill == "numbers"), NOW)
        whole = counter.read(connection, group(numbered=fill == "numbers"), NOW, exact=True)
    assert guessed.measure(guessed.number, NOW).exactness is Exactness.ESTIMATED
    assert guessed.number == pytest.approx(18000, rel=0.05)
    assert told(guessed)["mail"] == pytest.approx((5000, 5000), rel=0.15)
    assert told(whole) == {"mail": (5000, 5000), "sync": (13000, 5000)}


@pytest.mark.parametrize("fill", ["numbers", "texts"])
def test_the_first_counts_of_a_hurried_reader_do_not_keep_it(
    url: str, fill: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They come from a small sample where counting takes longer than an instant; the next ones are counted as usual."""
    if fill == "texts" and url.startswith("sqlite"):
        run_script(url, FILLS[fill].replace("concat('x', (n * 7919) % 20011)", "'x' || ((n * 7919) % 20011)"))
    else:
        run_script(url, FILLS[fill])
    # No database counts so many rows in a millisecond.
    monkeypatch.setattr(tallies, "HURRIED_BUDGET_S", 0.001)
    monkeypatch.setattr(tallies, "REST_FACTOR", 0)
    counter = BudgetedCounter()
    with looking(url) as connection:
        first = counter.read(connection, group(numbered=fill == "numbers"), NOW, budget_s=30, hurried=True)
        assert first.measure(first.number, NOW).exactness is Exactness.ESTIMATED
        assert first.number == pytest.approx(18000, rel=0.2)
        second = counter.read(connection, group(numbered=fill == "numbers"), NOW, budget_s=30, hurried=True)
    assert told(second) == {"mail": (5000, 5000), "sync": (13000, 5000)}
    assert second.measure(18000, NOW).exactness is Exactness.EXACT


def test_spellings_that_are_one_to_the_database_are_counted_as_one(url: str) -> None:
    """Names that a collation takes for one are one group, told by the spelling that sorts first."""
    same = "citext" if url.startswith("postgres") else "TEXT COLLATE NOCASE" if url.startswith("sqlite") else "TEXT"
    extension = "CREATE EXTENSION citext;\n" if same == "citext" else ""
    run_script(
        url,
        f"{extension}CREATE TABLE work (id BIGINT PRIMARY KEY, queue {same}, n INT);\n"
        "INSERT INTO work VALUES (1, 'mail', 2), (2, 'MAIL', 2), (3, NULL, 2), (4, 'sync', 2);\n",
    )
    with looking(url) as connection:
        found = BudgetedCounter().read(connection, group(numbered=True), NOW)
    assert told(found) == {"MAIL": (2, 2), None: (1, 1), "sync": (1, 1)}


def test_an_empty_table_has_no_groups(url: str) -> None:
    """Neither a count nor a sample of nothing finds anything."""
    run_script(url, "CREATE TABLE work (id BIGINT PRIMARY KEY, queue VARCHAR(20), n INT);\n")
    with looking(url) as connection:
        assert BudgetedCounter().read(connection, group(numbered=True), NOW).groups == ()
        assert BudgetedCounter(retry_at=float("inf")).read(connection, group(numbered=True), NOW).groups == ()


def test_a_sample_stands_for_a_while_however_few_it_found(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is costly although nothing matches; when its rest is over it stands on for a reader that has used its time."""
    run_script(url, "CREATE TABLE work (id BIGINT PRIMARY KEY, queue VARCHAR(20), n INT);\n")
    counter, later = BudgetedCounter(retry_at=float("inf")), NOW.replace(hour=1)
    with looking(url) as connection:
        monkeypatch.setattr(tallies, "REST_FACTOR", 1e9)
        first = counter.read(connection, group(numbered=True), NOW)
        assert counter.read(connection, group(numbered=True), later) is first
        counter = BudgetedCounter(retry_at=float("inf"))
        monkeypatch.setattr(tallies, "REST_FACTOR", 0)
        first = counter.read(connection, group(numbered=True), NOW)
        assert counter.read(connection, group(numbered=True), later, is_spent=True) is first
        assert counter.read(connection, group(numbered=True), later).as_of == later


def test_a_database_supposes_how_many_rows_a_partitioned_table_has(postgres_url: str) -> None:
    """What its partitions are supposed to have is added up, also where nobody looked at the whole."""
    run_script(
        postgres_url,
        "CREATE TABLE work (id BIGINT, queue TEXT) PARTITION BY LIST (queue);\n"
        "CREATE TABLE mail PARTITION OF work FOR VALUES IN ('mail');\nCREATE TABLE sync PARTITION OF work FOR VALUES IN ('sync');\n"
        "INSERT INTO work SELECT i, CASE WHEN i % 4 = 0 THEN 'mail' ELSE 'sync' END FROM generate_series(1, 4000) i;\n"
        "ANALYZE mail;\nANALYZE sync;\n",
    )
    with looking(postgres_url) as connection:
        assert estimate_rows(connection, table("work", schema="public")) == 4000
        assert estimate_rows(connection, table("work")) == 4000
        assert estimate_rows(connection, table("nothing")) == 0


def test_mysql_supposes_how_many_rows_a_table_has(mysql_url: str) -> None:
    """The number is near what there is."""
    run_script(mysql_url, f"{FILLS['numbers']}ANALYZE TABLE work;\n")
    with looking(mysql_url) as connection:
        assert estimate_rows(connection, table("work")) == pytest.approx(20000, rel=0.2)


def test_the_store_s_clock_is_told_in_utc(url: str) -> None:
    """Each database tells its time, to the millisecond at least; a capture's time stands for it."""
    run_script(url, "CREATE TABLE work (id INT);\n")
    with looking(url) as connection:
        first, second = read_clock(connection), read_clock(connection)
        assert read_clock(connection, NOW) is NOW
    assert first.tzinfo is UTC
    assert abs((first - datetime.now(UTC)).total_seconds()) < 60
    assert first <= second
