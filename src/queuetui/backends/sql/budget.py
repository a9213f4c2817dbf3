"""Statements with a time budget of their own within a reading transaction.

The transaction goes on when a statement does not end in time.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row, Select

_BUDGET = "queuetui_budget_s"
_STEPS_BETWEEN_CHECKS = 10_000
_POSTGRESQL_CANCELED = "57014"
_MYSQL_CANCELED = (1969, 3024)
_SHORTEST_MS = 1
_TRIES = 5


def limit_sqlite(connection: Connection, limit_s: float) -> None:
    """Interrupt the next statement of an SQLite connection after its budget.

    A statement without one is interrupted after the limit.
    """
    deadline = monotonic() + connection.info.get(_BUDGET, limit_s)
    driver_connection: Any = connection.connection.dbapi_connection
    driver_connection.set_progress_handler(lambda: monotonic() > deadline, _STEPS_BETWEEN_CHECKS)


def limit_mariadb(connection: Connection, statement: str) -> str:
    """Return a statement with its budget, where it has one."""
    budget_s = connection.info.get(_BUDGET)
    return statement if budget_s is None else f"SET STATEMENT max_statement_time = {budget_s} FOR {statement}"


def fetch_within(connection: Connection, statement: Select[Any], budget_s: float) -> Sequence[Row[Any]] | None:
    """Return a statement's rows, None when the server did not answer in `budget_s`.

    The transaction goes on in either case.
    """
    dialect = connection.dialect.name
    try:
        if dialect == "postgresql":
            return _fetch_postgresql(connection, statement, budget_s)
        if dialect == "sqlite" or getattr(connection.dialect, "is_mariadb", False):
            return _fetch_limited(connection, statement, budget_s)
        return _fetch_mysql(connection, statement, budget_s)
    except DBAPIError as error:
        if _is_over(error.orig):
            return None
        raise


def _fetch_limited(connection: Connection, statement: Select[Any], budget_s: float) -> Sequence[Row[Any]]:
    """Tell the connection's engine of the budget, which limits each statement."""
    info = connection.info
    info[_BUDGET] = budget_s
    try:
        return connection.execute(statement).fetchall()
    finally:
        # A connection that is lost by now has no info any more.
        info.pop(_BUDGET, None)


def _fetch_postgresql(connection: Connection, statement: Select[Any], budget_s: float) -> Sequence[Row[Any]]:
    # Going back to the savepoint takes the limit away again, and mends the transaction after a statement that was cut off.
    limit = f"SET LOCAL statement_timeout = {_milliseconds(budget_s)}"
    connection.exec_driver_sql(f"SAVEPOINT queuetui_budget; {limit}")
    try:
        return connection.execute(statement).fetchall()
    finally:
        _go_back(connection)


def _go_back(connection: Connection) -> None:
    """Go back to the savepoint; its limit holds until then, and a busy server may cut off even this.

    With a lost connection both are gone, and what is raised is how it was lost.
    """
    if connection.invalidated:
        return
    for left in reversed(range(_TRIES)):
        try:
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT queuetui_budget")
            return
        except DBAPIError as error:
            if not left or not _is_over(error.orig):
                raise


def _fetch_mysql(connection: Connection, statement: Select[Any], budget_s: float) -> Sequence[Row[Any]]:
    whole = connection.exec_driver_sql("SELECT @@max_execution_time").scalar_one()
    connection.exec_driver_sql(f"SET SESSION max_execution_time = {_milliseconds(budget_s)}")
    try:
        return connection.execute(statement).fetchall()
    finally:
        if not connection.invalidated:
            connection.exec_driver_sql(f"SET SESSION max_execution_time = {whole}")


def _milliseconds(budget_s: float) -> int:
    return max(_SHORTEST_MS, round(budget_s * 1000))


def _is_over(error: object) -> bool:
    if getattr(error, "sqlite_errorname", None) == "SQLITE_INTERRUPT":
        return True
    if getattr(error, "sqlstate", None) == _POSTGRESQL_CANCELED:
        return True
    return next(iter(getattr(error, "args", ())), None) in _MYSQL_CANCELED
