"""Sets up a PostgreSQL server for the demo: a new database, and jobs with locked rows."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg

from queuetui.backends.sql.driver_errors import translated
from queuetui.backends.sql.postgresql_address import read_address

_HOLDER = "forgotten script"
_CONNECT_WITHIN_S = 10


@contextmanager
def own_database(server_url: str) -> Iterator[str]:
    """Give the URL of a new database, which is dropped at the end even with clients still connected.

    Raises Denied, Unreachable and BadConfig.
    """
    name = f"queuetui_demo_{uuid.uuid4().hex[:12]}"
    _command(server_url, f"create database {name}")
    try:
        yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    finally:
        _command(server_url, f"drop database if exists {name} with (force)")


def lock_rows(url: str, queue: str) -> psycopg.Connection:
    """Lock the rows of a queue's jobs, and return the session that holds them until it is closed."""
    with translated("locking the demo's job"):
        connection = psycopg.connect(read_address(url).conninfo, application_name=_HOLDER)
        connection.execute("select id from queuetui_job where queue = %s for update", (queue,))
    return connection


def _command(server_url: str, command: str) -> None:
    with translated("making or dropping the demo's database"):
        address = read_address(server_url).conninfo
        with psycopg.connect(address, autocommit=True, connect_timeout=_CONNECT_WITHIN_S) as connection:
            connection.execute(command.encode())
