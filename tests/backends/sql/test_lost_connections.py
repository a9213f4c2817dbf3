"""A connection that its server ends amid a transaction: the read or the act ends there, and says how, whatever it was at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

import pytest
from sqlalchemy import Connection, text

from queuetui.backends.sql.budget import fetch_within
from queuetui.backends.sql.console_connection import ConsoleDatabase, open_database
from queuetui.backends.sql.identity import identify
from queuetui.backends.tables.inspector import TablesInspector
from queuetui.backends.tables.operator import TablesOperator
from queuetui.backends.tables.product import Product, Sides
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.errors import ConnectionLost
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.monitor.asked_again import ask_again
from tests.backends.captures import Capture, load_capture, query

OWN_ID = {"postgresql": "select pg_backend_pid()", "mysql": "select connection_id()"}
ENDS = {"postgresql": "select pg_terminate_backend({}, 5000)", "mysql": "kill {}"}
FAILED = PageRequest(parse_query("state:failed"), 10)
# More is read after the first page.
LOOK = Watch(failures=10, page=FAILED)


@pytest.fixture(params=["postgres", "mariadb"])
def capture(request: pytest.FixtureRequest) -> Iterator[Capture]:
    """A queue on each server in turn."""
    url = request.getfixturevalue({"postgres": "postgres_url", "mariadb": "mysql_url"}[request.param])
    found = load_capture("solid-queue", "solid-queue", request.param, url)
    yield found
    found.close()


def cut(url: str, connection: Connection) -> None:
    """Let the server end a connection."""
    dialect = connection.dialect.name
    number = connection.exec_driver_sql(OWN_ID[dialect]).scalar_one()
    query(url, ENDS[dialect].format(number))


def cutting_once(url: str, then: Callable[..., Any]) -> Callable[..., Any]:
    """Return a reader of a product whose connection is lost before its first answer."""
    lost: list[bool] = []

    def read(connection: Connection, *arguments: object) -> Any:
        if not lost:
            lost.append(True)
            cut(url, connection)
        return then(connection, *arguments)

    return read


def test_a_lost_connection_is_told_by_who_asks_next(capture: Capture) -> None:
    """A statement that may fail, or may take too long, does not hide that the connection is lost, and the next read has a new one."""
    database = open_database(capture.url, 5.0, 5.0)
    ending = text({"postgresql": "select pg_terminate_backend(pg_backend_pid())"}.get(database.dialect, "select 1"))
    for ask in (identify, lambda connection: fetch_within(connection, cast("Any", ending), 5.0)):
        with pytest.raises(ConnectionLost):
            _lose(database, capture.url, ask)
    with database.reading("asking") as connection:
        assert connection.exec_driver_sql("select 1").scalar_one() == 1
    database.close()


def _lose(database: ConsoleDatabase, url: str, ask: Callable[[Connection], object]) -> None:
    with database.reading("asking") as connection:
        if ask is identify or database.dialect != "postgresql":
            cut(url, connection)
        ask(connection)


@pytest.mark.parametrize("place", ["workers", "page"])
def test_a_poll_whose_connection_is_lost_is_asked_again(capture: Capture, place: str) -> None:
    """Wherever in a poll the server ends it, the poll says so as a whole, so that it is read once more, and then has all parts."""
    whole = capture.open().inspector.snapshot(LOOK)
    inspector = cast("TablesInspector", capture.open().inspector)
    inspector.product = losing(capture.url, inspector.product, place)
    with pytest.raises(ConnectionLost):
        inspector.snapshot(LOOK)
    inspector.product = losing(capture.url, inspector.product, place)
    found = ask_again(lambda: inspector.snapshot(LOOK))
    assert found.problems == {}
    assert (found.workers, found.page) == (whole.workers, whole.page)


def losing(url: str, product: Product, place: str) -> Product:
    """Return a product whose next read of one thing loses its connection."""
    if place == "page":
        return replace(product, complete=cutting_once(url, product.complete))
    assert product.sides.workers is not None
    return replace(product, sides=Sides(cutting_once(url, product.sides.workers), product.sides.pauses))


def test_an_act_whose_connection_is_lost_changes_nothing_and_says_so(capture: Capture) -> None:
    """The jobs that were to be changed together are as they were, and the result says that the store did not answer."""
    backend = capture.open()
    refs = [job.ref for job in backend.inspector.page(FAILED, Limits()).jobs]
    operator = cast("TablesOperator", backend.operator)
    operator.product = losing(capture.url, operator.product, "workers")
    results = operator.apply(Act(Verb.RETRY, "tester"), [Target(ref) for ref in refs], Limits())
    assert {one.outcome for one in results} == {Outcome.FAILED}
    assert all("the store does not answer" in str(one.note) for one in results[:1]), results[0]
    assert [job.ref for job in backend.inspector.page(FAILED, Limits()).jobs] == refs
    assert {
        one.outcome for one in operator.apply(Act(Verb.RETRY, "tester"), [Target(ref) for ref in refs], Limits())
    } == {Outcome.DONE}
