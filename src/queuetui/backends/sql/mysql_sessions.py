"""Makes every connection to MySQL and MariaDB, and sets in its session all that the code relies on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from queuetui.backends import forks
from queuetui.backends.sql.mysql_address import CHARSET

if TYPE_CHECKING:
    import pymysql
    from pymysql.cursors import Cursor

APPLICATION_NAME = "queuetui"
# Whatever the server's defaults are: modes decide what a text, an operator or an assignment means.
# A session may rest for eight hours at least, which is what a server allows by itself.
_RELIED_ON = (
    "set session time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', sql_safe_updates = 0, sql_auto_is_null = 0, "
    "sql_big_selects = 1, sql_select_limit = 18446744073709551615, wait_timeout = greatest(@@wait_timeout, 28800), "
    "innodb_lock_wait_timeout = {lock_s:d}, lock_wait_timeout = {lock_s:d}, {limit}"
)


def connect(
    address: Mapping[str, Any], *, writes: bool, statement_s: int, lock_s: int, client_flag: int = 0, **timeouts: float
) -> pymysql.Connection[Cursor]:
    """Return a new connection; raises the driver's errors."""
    from queuetui.backends.sql.mysql_driver import CLIENT, DriverConnection

    given: dict[str, Any] = {
        **address,
        "charset": CHARSET,
        "autocommit": False,
        "client_flag": CLIENT.FOUND_ROWS | client_flag,
        "program_name": APPLICATION_NAME,
        **timeouts,
    }
    connection = DriverConnection(**given)
    forks.track(connection)
    with connection.cursor() as cursor:
        cursor.execute(
            f"set session transaction isolation level read committed, {'read write' if writes else 'read only'}"
        )
        cursor.execute(_RELIED_ON.format(lock_s=lock_s, limit=_time_limit(connection, statement_s)))
    return connection


def is_mariadb(connection: pymysql.Connection[Cursor]) -> bool:
    """Tell which of the two servers answers."""
    version: object = connection.get_server_info()  # type: ignore[no-untyped-call] # the stubs leave it out
    return "mariadb" in str(version).lower()


def _time_limit(connection: pymysql.Connection[Cursor], statement_s: int) -> str:
    """Return the setting that ends a long statement.

    It is in seconds on MariaDB and in milliseconds on MySQL.
    """
    return (
        f"max_statement_time = {statement_s}"
        if is_mariadb(connection)
        else f"max_execution_time = {statement_s * 1000}"
    )
